"""The front matter of a Markdown file: the lines between two `---` at its very start.

What it is for   a document's title and date; the keys are not part of its text
Watch out        the keys of the first level that have one line are read; a file without closing
                 `---` has none
"""

import re

_FRONT = re.compile(
    r"\ufeff?---[ \t]*\r?\n(.{0,65536}?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL
)
_KEY = re.compile(r"^([A-Za-z][\w-]*):[ \t]+(.+?)[ \t]*\r?$", re.MULTILINE)
_TOP = re.compile(r"^#[ \t]", re.MULTILINE)


def without_front(text: str) -> tuple[str, dict[str, str]]:
    """(text without the front matter, its keys in lower case)."""
    match = _FRONT.match(text)
    if match is None or (match[1].strip() and not _KEY.search(match[1])):
        return text, {}
    keys = {key.lower(): _bare(value) for key, value in _KEY.findall(match[1])}
    return text[match.end() :].lstrip("\r\n"), keys


def add_title(text: str, title: str) -> str:
    """The text under its title, unless it has a heading of the first level."""
    return text if not title or _TOP.search(text) else f"# {title}\n\n{text}"


def _bare(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
