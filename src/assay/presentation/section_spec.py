"""What a part of a report says, said once: blocks of words, numbers, tables and plots, from which
the page, the Markdown and the terminal are made.

Rendered by   `section_html.py`, `section_markdown.py` and `section_text.py`; all escape what they
              are given, so that a section writes foreign text as it is
Left out      blocks that hold nothing, and headings over nothing: a section need not ask first
In short      Markdown and the terminal have what `brief` leaves: no plots, and of what is opened
              by a click only the first rows where a section asks for them
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assay.presentation.number_format import FORMATS, NOTHING, between, one_line
from assay.presentation.svg import Plot

Tone = Literal["", "note", "source", "note on-paper", "verdict", "figure-line", "doubt"]
UNREADABLE = "could not be read"


@dataclass(frozen=True, slots=True)
class FormattedNumber:
    """A number as `FORMATS[shape]` writes it. `pointer`: its place in report.json; empty for one
    that stands elsewhere."""

    value: float | None
    shape: str
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of an interval; `why` there are none, where it is known."""

    low: FormattedNumber
    high: FormattedNumber
    why: str = ""


@dataclass(frozen=True, slots=True)
class Stacked:
    """One above the other in a cell of the page; elsewhere the second stands in brackets."""

    upper: Words
    lower: Words


@dataclass(frozen=True, slots=True)
class Tag:
    """Small words beside others; in brackets where there is no small print."""

    words: Words


@dataclass(frozen=True, slots=True)
class Badge:
    """The mark of an arm, by its place in the report; the page alone has it."""

    mark: int


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    words: Words


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Foreign text with its line breaks. `learnt`: whether a model learns it, where that is told
    apart."""

    text: str
    learnt: bool | None = None


@dataclass(frozen=True, slots=True)
class TextLink:
    """Words that lead to an anchor of the page."""

    anchor: str
    text: str


Inline = str | FormattedNumber | Ends | Stacked | Tag | Badge | Code | Strong | Verbatim | TextLink
Words = Inline | tuple[Inline, ...]
Cell = Words | None  # None: nothing was measured


@dataclass(frozen=True, slots=True)
class Paragraph:
    words: Words
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class SectionHeading:
    """A heading within a section."""

    words: Words
    level: int = 3


@dataclass(frozen=True, slots=True)
class Bullets:
    lines: Sequence[Words]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table that stands out; others are their cells alone. The first is its heading."""

    cells: Sequence[Cell]
    state: Literal["", "chosen", "absent"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Columns that have numbers stand to the right, or those from `right` on."""

    caption: str
    columns: Sequence[Words]
    rows: Sequence[TableRow | Sequence[Cell]]
    wide: bool = True
    printed: bool = True
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot, where there was something to draw. `words`: what stands in its place in Markdown
    and the terminal, for a plot that no table says the same as."""

    plot: Plot | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A name and a text of an item; a text that is None could not be read. `note`: in brackets
    behind it."""

    name: str
    text: str | None
    state: Literal["", "right", "wrong"] = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the data as it is read: where it comes from, its texts, what is known of it; or
    several beside each other."""

    where: Words
    texts: Sequence[str] = ()
    facts: Sequence[LabelledValue] = ()
    beside: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class ItemList:
    """Rows of the data. `short`: how many of them Markdown and the terminal have. `width`:
    characters of a text, after which it is cut."""

    items: Sequence[Item]
    short: int = 0
    width: int = 1200


@dataclass(frozen=True, slots=True)
class Details:
    """What is opened by a click. `printed`: whether it is open on paper; `opened`: everywhere."""

    summary: Words
    blocks: Sequence[Block]
    printed: bool = False
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, in small print."""

    pairs: Sequence[tuple[Words, Words]]


@dataclass(frozen=True, slots=True)
class CardBlock:
    """Blocks that belong together, with an anchor."""

    anchor: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class ListingBlock:
    """Text as a machine has it. `wrapped`: whether long lines are broken."""

    words: Words
    language: str = ""
    wrapped: bool = False


Brief = Paragraph | SectionHeading | Bullets | Table | ListingBlock
Block = Brief | Figure | ItemList | Details | Facts | CardBlock


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    blocks: Sequence[Block]


def right_columns(table: Table) -> list[bool]:
    """Whether a column stands to the right, by column."""
    if table.right is not None:
        return [index >= table.right for index in range(len(table.columns))]
    columns = zip(*map(cells_of, table.rows), strict=True)
    return [any(map(_is_number, cells)) or not any(cells) for cells in columns]


def _is_number(cell: Cell) -> bool:
    """Whether a cell is a number or begins with one."""
    if isinstance(cell, Stacked):
        return _is_number(cell.upper)
    return (
        _is_number(cell[0]) if isinstance(cell, tuple) else isinstance(cell, FormattedNumber | Ends)
    )


def cells_of(row: TableRow | Sequence[Cell]) -> Sequence[Cell]:
    return row.cells if isinstance(row, TableRow) else row


def numbers_of(plot: Plot) -> Table:
    """The table that a plot was drawn from."""
    return Table(plot.caption, plot.header, plot.rows, wide=False, right=1)


def present(blocks: Iterable[Block]) -> list[Block]:
    """The blocks that hold something, and the headings over them."""
    said: list[Block] = []
    for block in reversed([one for one in blocks if not _is_empty(one)]):
        if isinstance(block, SectionHeading):
            after = said[-1] if said else block
            if isinstance(after, SectionHeading) and after.level <= block.level:
                continue
        said.append(block)
    return said[::-1]


def _is_empty(block: Block) -> bool:
    match block:
        case Paragraph(held) | Bullets(held) | Table(rows=held) | Figure(held) | ItemList(held):
            return not held
        case ListingBlock(held) | Facts(held):
            return not held
        case Details(blocks=held) | CardBlock(blocks=held):
            return not present(held)
    return False


def brief(blocks: Iterable[Block]) -> list[Brief]:
    """The blocks as words and tables alone, for Markdown and the terminal."""
    said: list[Brief] = []
    for block in present(blocks):
        match block:
            case Figure(words=words):
                said += [Paragraph(words)] if words else []
            case ItemList(items, short):
                said += [Bullets([_item_line(one) for one in items[:short]])] if short else []
            case Details(summary, inner, opened=opened):
                rows = brief(one for one in inner if opened or isinstance(one, ItemList))
                said += [Paragraph((text_of(summary), ":")), *rows] if rows else []
            case Facts(pairs):
                said.append(Table("", ("what", "value"), pairs, right=2))
            case CardBlock(blocks=inner):
                said += brief(inner)
            case _:
                said.append(block)
    return said


def _item_line(item: Item, width: int = 160) -> str:
    """An item on one line."""
    facts = [f"{one.name}: {one_line(fact_text(one), width)}" for one in item.facts]
    sides = [_item_line(one, width) for one in item.beside]
    parts = [*(one_line(text, width) for text in item.texts), *facts, *sides]
    where = one_line(text_of(item.where), width).rstrip(".")
    return f"{where}: {'; '.join(parts)}" if where else "; ".join(parts)


def fact_text(fact: LabelledValue) -> str:
    return UNREADABLE if fact.text is None else fact.text


def number_text(number: FormattedNumber) -> str:
    return FORMATS[number.shape](number.value)


def ends_text(ends: Ends) -> str:
    return between(ends.low.value, ends.high.value, FORMATS[ends.low.shape], why=ends.why)


def text_of(words: Cell) -> str:
    """The words as plain text, not yet made safe for any page."""
    match words:
        case None:
            return NOTHING
        case str():
            return words
        case FormattedNumber():
            return number_text(words)
        case Ends():
            return ends_text(words)
        case Stacked(upper, Tag() as lower):
            return f"{text_of(upper)} {text_of(lower)}"
        case Stacked(upper, lower):
            return f"{text_of(upper)} ({text_of(lower)})"
        case Tag(inner):
            return f"({text_of(inner)})"
        case Strong(inner):
            return text_of(inner)
        case Code(text) | Verbatim(text) | TextLink(text=text):
            return text
        case Badge():
            return ""
        case _:
            return "".join(map(text_of, words))
