"""A section as Markdown: its words and tables, without plots and without what is opened by a click.
Foreign text in it cannot act."""

from __future__ import annotations

from collections.abc import Iterable

from assay.presentation import section_spec as spec
from assay.presentation.markdown_table import code_block, escape_line, table


def render(section: spec.Section) -> list[str]:
    """The section's blocks under its heading, to be joined by empty lines."""
    return [f"## {escape_line(section.title)}", *blocks_markdown(section.blocks)]


def blocks_markdown(blocks: Iterable[spec.Block]) -> list[str]:
    return [text for block in spec.brief(blocks) for text in _block(block)]


def words_markdown(words: spec.Cell) -> str:
    """A piece of running text, with the spaces at its ends."""
    match words:
        case spec.FormattedNumber() | spec.Ends():
            return spec.text_of(words)
        case spec.Stacked(upper, spec.Tag() as lower):
            return f"{words_markdown(upper)} {words_markdown(lower)}"
        case spec.Stacked(upper, lower):
            return f"{words_markdown(upper)} ({words_markdown(lower)})"
        case spec.Tag(inner):
            return f"({words_markdown(inner)})"
        case spec.Strong(inner):
            return f"**{words_markdown(inner)}**"
        case spec.Code(text):
            # A code span ends at the first run of backticks that is as long as its fence.
            return f"`{text}`" if "`" not in text and text.isprintable() else escape_line(text)
        case tuple():
            return "".join(map(words_markdown, words))
        case _:
            return escape_line(spec.text_of(words))


def _block(block: spec.Brief) -> list[str]:
    match block:
        case spec.Paragraph(words, tone):
            text = words_markdown(words).strip()
            return [f"**{text}**" if tone == "verdict" else text]
        case spec.ListingBlock(words, language):
            return [code_block(spec.text_of(words), language)]
        case spec.SectionHeading(words, level):
            return [f"{'#' * level} {words_markdown(words).strip()}"]
        case spec.Bullets(lines):
            return ["\n".join(f"- {words_markdown(line).strip()}" for line in lines)]
        case _:
            header = [words_markdown(words).strip() for words in block.columns]
            rows = [
                [words_markdown(cell).strip() for cell in spec.cells_of(row)] for row in block.rows
            ]
            said = table(header, rows, spec.right_columns(block))
            return [escape_line(block.caption), said] if block.caption else [said]
