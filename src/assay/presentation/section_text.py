"""A section as lines for the terminal, at most `width` columns each.

A table that is wider   is told row by row: its heading, then each column's name and value
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from assay.presentation import section_spec as spec
from assay.presentation.number_format import clean, one_line

_LONGEST = 3000  # characters of a paragraph


def render(section: spec.Section, width: int = 80) -> list[str]:
    """The section's lines under its heading."""
    return [section.title, *blocks_text(section.blocks, width)]


def blocks_text(blocks: Iterable[spec.Block], width: int = 80) -> list[str]:
    return [line for block in spec.brief(blocks) for line in _block(block, width)]


def _block(block: spec.Brief, width: int) -> list[str]:
    match block:
        case spec.Paragraph(words) | spec.SectionHeading(words):
            return _wrap(words, width)
        case spec.Bullets(lines):
            return [line for one in lines for line in _wrap(one, width, "- ")]
        case spec.ListingBlock(words):
            return clean(spec.text_of(words)).splitlines()
        case _:
            return [*_wrap(block.caption, width), *_table(block, width)]


def _wrap(words: spec.Cell, width: int, mark: str = "") -> list[str]:
    text = one_line(spec.text_of(words), _LONGEST)
    return textwrap.wrap(text, width, initial_indent=mark, subsequent_indent=" " * len(mark))


def _table(table: spec.Table, width: int) -> list[str]:
    header = [one_line(spec.text_of(words)) for words in table.columns]
    rows = [[one_line(spec.text_of(cell)) for cell in spec.cells_of(row)] for row in table.rows]
    wide = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    if sum(wide) + 2 * len(wide) > width:
        return [line for row in rows for line in _wrap(_row_sentence(header, row), width, "  ")]
    right = spec.right_columns(table)
    return [
        "  "
        + "  ".join(
            cell.rjust(size) if at else cell.ljust(size)
            for cell, size, at in zip(row, wide, right, strict=True)
        ).rstrip()
        for row in (header, *rows)
    ]


def _row_sentence(header: list[str], row: list[str]) -> str:
    """A row as a sentence."""
    pairs = zip(header[1:], row[1:], strict=True)
    return f"{row[0]}: {'; '.join(f'{name} {cell}'.strip() for name, cell in pairs)}"
