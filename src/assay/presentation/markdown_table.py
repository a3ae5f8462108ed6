"""Markdown that foreign text cannot break: a line of it, a block of code, a table."""

import re
from collections.abc import Sequence

from assay.presentation.number_format import clean, one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&@])")


def plain(text: str, width: int = 200) -> str:
    """Foreign text inside Markdown: one line, nothing in it acts."""
    return _escape(one_line(text, width))


def escape_line(text: str) -> str:
    """`plain` for a part of a line: it may be long, and keeps the spaces at its ends."""
    return _escape(re.sub(r"\s+", " ", clean(text)))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("://", "&#58;//").replace("www.", "www&#46;")


def code_block(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in `text`."""
    text = clean(text).rstrip("\n")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: int | Sequence[bool] = 1
) -> str:
    """A Markdown table. Foreign text was made `plain` before.

    Args:
        right: whether a column is aligned to the right, by column; or the first of those that are.
    """
    if isinstance(right, int):
        right = [index >= right for index in range(len(header))]
    rule = ["---:" if one else "---" for one in right]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))
