"""HTML to text: headings as Markdown lines, a paragraph between empty lines, a list item or table
row on a line.

What it is for   documents: `retrieval/chunking` cuts at headings; scripts, styles, navigation and
                 hidden parts are left out
Costs            about 10 MB a second, no tree in memory
Watch out        read by marks, not by a browser's tree: a parser's tree takes minutes on hostile
                 nesting (selectolax: 8 minutes for 200,000 open tags), the standard library's
                 parser on unclosed ones
"""

import html
import re

_MARK = re.compile(
    r"""<!--.*?(?:-->|\Z)                                                   # comment
      | <!\[CDATA\[.*?(?:\]\]>|\Z)
      | <(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*+)
        (?P<rest>(?>"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^>"'])*+)(?:>|\Z)
      | <[!?/][^>]*+(?:>|\Z)                                              # declaration, or no tag
      | [^<]++
      | <""",
    re.VERBOSE | re.DOTALL,
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
# What a reader of the page does not read as its text.
_LEFT_OUT = {
    "script",
    "style",
    "template",
    "noscript",
    "nav",
    "svg",
    "math",
    "iframe",
    "object",
    "select",
    "button",
}
_RAW = {"script", "style", "textarea", "title", "iframe"}  # their text has no tags
_BLOCKS = set(
    """address article aside blockquote body center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol p
    pre section summary table tbody tfoot thead tr ul""".split()
)
_HEADING = re.compile(r"h[1-6]")
_LIKE_HEADING = re.compile(r"#{1,6}\s")


def charset_of(data: bytes) -> str:
    """The encoding that a page states about itself, or nothing."""
    match = _CHARSET.search(data[:2048])
    return match[1].decode("ascii") if match else ""


def text_of_page(page: str) -> str:
    """The text of an HTML page. Its title becomes the first heading when the page has none of the
    first level."""
    out = _Out()
    at, hidden, depth = 0, "", 0
    while at < len(page):
        mark = _MARK.match(page, at)
        if mark is None:  # cannot happen: the last form takes any character
            break
        at = mark.end()
        tag = (mark["tag"] or "").lower()
        if not tag:
            if not hidden and mark[0][:2] not in ("<!", "<?", "</"):
                out.text(html.unescape(mark[0]))
            continue
        if hidden:
            depth += 0 if tag != hidden else -1 if mark["end"] else 1
            hidden = hidden if depth else ""
        elif tag in _LEFT_OUT and not mark["end"] and not mark["rest"].endswith("/"):
            hidden, depth = tag, 1
        elif tag not in _RAW:
            out.tag(tag, bool(mark["end"]))
        if tag in _RAW and not mark["end"]:
            close = re.compile(rf"</{re.escape(tag)}", re.IGNORECASE).search(page, at)
            inside, at = (
                page[at : close.start() if close else len(page)],
                close.start() if close else len(page),
            )
            if tag == "title" and not hidden and not out.title:  # one in a drawing is not shown
                out.title = " ".join(html.unescape(inside).split())
    return out.whole()


class _Out:
    """The lines of the text while they are put together."""

    def __init__(self) -> None:
        self.title = ""
        self._parts: list[str] = []  # of the line that is being written
        self._lines: list[str] = []
        self._level = 0  # of the heading that is open
        self._plain = 0  # open <pre>
        self._cells = 0  # of the table row so far
        self._first = False  # a heading of the first level was seen

    def text(self, text: str) -> None:
        self._parts.append(text if self._plain else re.sub(r"\s+", " ", text))

    def tag(self, tag: str, end: bool) -> None:
        if tag == "br":
            self._close()
        elif tag in ("td", "th") and not end:
            self._cells += 1
            if self._cells > 1:
                self._parts.append(" | ")
        elif tag in _BLOCKS:
            self._close()
            if tag == "tr":
                self._cells = 0
            elif not (end and tag == "li"):
                self._blank()
            if tag == "li" and not end:
                self._lines = (
                    self._lines[:-1] if self._lines[-2:-1] and self._item(-2) else self._lines
                )
                self._parts.append("- ")
            if _HEADING.fullmatch(tag):
                self._level = 0 if end else int(tag[1])
            if tag == "pre":
                self._plain = max(0, self._plain + (-1 if end else 1))

    def _item(self, index: int) -> bool:
        return self._lines[index].startswith("- ")

    def _blank(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def _close(self) -> None:
        whole = "".join(self._parts)
        self._parts.clear()
        lines = whole.split("\n") if self._plain else [" ".join(whole.split())]
        for line in lines:
            line = line.rstrip().strip("\0")
            if not line.strip(" |-"):
                continue
            if self._level:
                self._first |= self._level == 1
                line = f"{'#' * self._level} {line}"
            elif _LIKE_HEADING.match(line.lstrip()):
                line = f"\\{line.lstrip()}"
            self._lines.append(line)

    def whole(self) -> str:
        self._close()
        text = "\n".join(self._lines).strip("\n")
        if self.title and not self._first:
            text = f"# {self.title}\n\n{text}".rstrip("\n")
        return f"{text}\n" if text.strip() else ""
