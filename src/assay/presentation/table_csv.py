"""A table of a report as CSV: its numbers as exact as report.json has them, in the units of the
table; the two ends of an interval, and what stands below a number, in columns of their own."""

from __future__ import annotations

import re

from assay.core.spreadsheet import MARK, csv_line, escape_cell
from assay.presentation import section_spec as spec
from assay.presentation.number_format import NOTHING, SCALES, clean

# As the plots and tables of a report write numbers: 1,060, −2.0, 12.5
NUMBER = re.compile(r"[-+−]?\d{1,3}(,\d{3})+(\.\d+)?|[-+−]?\d*\.?\d+(e[-+−]?\d+)?")
PARTS = ("", "low", "high", "note")  # of a cell: columns, where a row has them


def table_csv(table: spec.Table) -> str:
    """The table with its header, for spreadsheet programs."""
    rows = [[_parts(cell) for cell in spec.cells_of(row)] for row in table.rows]
    there = [
        [part for part in PARTS if any(part in cell for cell in column)] or [""]
        for column in zip(*rows, strict=True)
    ]
    head = [
        f"{name}, {part}" if part else name
        for name, parts in zip(map(_text, table.columns), there, strict=True)
        for part in parts
    ]
    lines = [list(map(escape_cell, head))]
    for row in rows:
        cells = zip(row, there, strict=True)
        lines.append([cell.get(part, "") for cell, parts in cells for part in parts])
    return MARK + "".join(map(csv_line, lines))


def _parts(cell: spec.Cell) -> dict[str, str]:
    """What a cell says, by `PARTS`: its number or text, the ends of an interval, and what stands
    below or behind."""
    match cell:
        case None:
            return {}
        case spec.FormattedNumber():
            return {"": _number(cell)}
        case spec.Ends(low, high):
            return {"low": _number(low), "high": _number(high)}
        case spec.Strong(inner):
            return _parts(inner)
        case spec.Stacked(upper, lower):
            return _add_note(_parts(upper), lower)
        case tuple() if cell and isinstance(cell[0], spec.FormattedNumber | spec.Ends):
            found = _parts(cell[0])
            for one in cell[1:]:
                found = _add_note(found, one)
            return found
        case _:
            text = _text(cell)
            is_number = NUMBER.fullmatch(text)
            plain = text.replace(",", "").replace("−", "-") if is_number else escape_cell(text)
            return {} if text == NOTHING else {"": plain}


def _add_note(found: dict[str, str], cell: spec.Cell) -> dict[str, str]:
    """With what stands below or behind it."""
    own = _parts(cell.words if isinstance(cell, spec.Tag) else cell)
    if "" in own:
        own["note"] = " ".join(filter(None, (found.get("note"), own.pop("").strip())))
    return {**found, **own}


def _text(cell: spec.Cell) -> str:
    return clean(spec.text_of(cell))


def _number(number: spec.FormattedNumber) -> str:
    if number.value is None or number.shape not in SCALES:
        return "" if number.value is None else f"{number.value}"
    return f"{number.value * SCALES[number.shape]:.10g}"  # 12.6 ms, not 12.600000000000001
