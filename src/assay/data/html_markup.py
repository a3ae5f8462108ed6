"""HTML to the text that a reader would see.

What is a tag   the name of an HTML element with well-formed attributes: `a < b`, `List<String>`,
                `<name>` and `if x <y and z> w` are left as they are
What becomes    a block element or `<br>` a line break, a list item a line with a dash, a table cell
                a tab; script, style and comments go; entities become their characters, once:
                `&lt;b&gt;` is text about a tag
Source          the element names and the optional quotes are those of the HTML standard,
                html.spec.whatwg.org
"""

import re
from html import unescape

_BLOCK = """address article aside blockquote body caption center dd details dialog div dl dt
fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend main menu nav ol
optgroup option p pre section select summary table tbody tfoot thead tr ul""".split()
_INLINE = """a abbr acronym area audio b base bdi bdo big button canvas cite code col colgroup data
datalist del dfn em embed font i iframe img input ins kbd label link map mark meta meter noscript
object output param picture progress q rp rt ruby s samp slot small source span strike strong sub
sup svg template textarea time title track tt u var video wbr""".split()
_NAMES = "|".join(sorted([*_BLOCK, *_INLINE, "br", "li", "td", "th"], key=len, reverse=True))
_ATTRIBUTE = r"""\s+[a-z][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=]+)"""
_FLAGS = (
    "async autofocus checked controls defer disabled hidden loop multiple muted novalidate"
    " nowrap readonly required"
)
_FLAG = rf"\s+(?:{_FLAGS.replace(' ', '|')}|selected)"
_TAG = re.compile(rf"</({_NAMES})\s*>|<({_NAMES})(?:{_ATTRIBUTE}|{_FLAG})*\s*/?>", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?-->|<!doctype[^>]*>|<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_LINE = {name: "\n" for name in [*_BLOCK, "br"]} | {"li": "\n"}


def plain(text: str) -> str:
    """The text without HTML tags, comments, scripts and styles, its entities as characters."""
    text = _UNSEEN.sub("", text) if "<" in text else text
    text = _TAG.sub(_space, text) if "<" in text else text
    return _ENTITY.sub(lambda found: unescape(found[0]), text) if "&" in text else text


def _space(tag: re.Match[str]) -> str:
    name = (tag[1] or tag[2]).lower()
    if name == "li":
        return "\n- " if tag[2] else "\n"
    if name in ("td", "th"):
        return "" if tag[2] else "\t"
    return _LINE.get(name, "")
