"""Rows x strategies, filtered: what the address of the page says, and the rows that fit it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.spreadsheet import MARK, csv_line, escape_cell
from assay.decision import decision_table
from assay.web.forms import whole_number
from assay.web.row_matrix import RowMatrix

PAGE = 50  # rows
SHOWN = 4  # strategies side by side where none are named
MOST = 12
GROUPS, FEW, VALUES = 12, 3, 200  # that are shown; rows of one in the view; values of a field
# What the first strategy did, and the one that it is held against.
SHOWS = {
    "different": "answers of these {n} differ",
    "regressed": "{first} wrong, {base} right",
    "fixed": "{first} right, {base} wrong",
    "failed": "{first} wrong",
    "none": "none of these {n} right",
    "all": "all rows",
}
SORTS = {"": "as in the file", "split": "most split first", "sure": "surest mistakes first"}


@dataclass(frozen=True)
class CompareQuery:
    """
    Attributes:
        columns: of the strategies shown; the first is the one that is looked at. base: of the one
            it is held against. below: confidence of the first, at most; NaN: any.
    """

    columns: tuple[int, ...]
    base: int
    show: str = "different"
    text: str = ""
    label: str = ""
    slice: str = ""
    below: float = float("nan")
    sort: str = ""
    page: int = 1

    @classmethod
    def of(
        cls, asked: Mapping[str, str], matrix: RowMatrix, report: dict[str, Any]
    ) -> CompareQuery:
        """What an address says; what it says wrongly is as if it were not there."""
        names = matrix.names
        named = [name for name in asked.get("arms", "").split(",") if name in names][:MOST]
        columns = tuple(
            names.index(name) for name in dict.fromkeys(named or usual_columns(matrix, report))
        )
        rival = asked.get("against", "")
        if rival not in names:
            rival = decision_table.rival_of(report) or ""
        others = [column for column in columns[1:]] or [columns[0]]
        base = names.index(rival) if rival in names else others[0]
        return cls(
            columns,
            others[0] if base == columns[0] else base,
            show=asked["show"] if asked.get("show") in SHOWS else "different",
            text=asked.get("q", "").strip()[:200],
            label=asked.get("label", ""),
            slice=asked.get("slice", ""),
            below=_number(asked.get("below", "")),
            sort=asked["sort"] if asked.get("sort") in SORTS else "",
            page=whole_number(asked.get("page", "")) or 1,
        )


def usual_columns(matrix: RowMatrix, report: dict[str, Any]) -> list[str]:
    """The recommended strategy, its rival, the base as it is, and the best of the others."""
    metric, sign = report["task"]["metric"], 1 if decision_table.higher_is_better(report) else -1
    done = {one["name"]: one for one in report["strategies"] if one["name"] in matrix.names}

    def value(name: str) -> float:
        found = done[name]["metrics"].get(metric, {}).get("value")
        return -np.inf if found is None else sign * found

    ranked = sorted(done, key=value, reverse=True)
    first = [report["verdict"]["recommended"], decision_table.rival_of(report)]
    chosen = [name for name in first if name and name in done] + ranked
    return list(dict.fromkeys(chosen))[:SHOWN]


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return float("nan")
    return found if 0 <= found <= 1 else float("nan")


def fitting_rows(matrix: RowMatrix, query: CompareQuery) -> np.ndarray:
    """The rows that the query leaves, in its order."""
    right, said = matrix.right, matrix.said
    first, base, columns = query.columns[0], query.base, list(query.columns)
    kept = {
        "different": lambda: (said[:, columns] != said[:, [first]]).any(1),
        "regressed": lambda: ~right[:, first] & right[:, base],
        "fixed": lambda: right[:, first] & ~right[:, base],
        "failed": lambda: ~right[:, first],
        "none": lambda: ~right[:, columns].any(1),
        "all": lambda: np.ones(len(matrix), bool),
    }[query.show]()
    if query.label:
        kept &= np.fromiter((one == query.label for one in matrix.targets), bool, len(matrix))
    if query.slice:
        name, _, value = query.slice.partition("=")
        values = matrix.slices.get(name, [""] * len(matrix))
        kept &= np.fromiter((one == value for one in values), bool, len(matrix))
    if not np.isnan(query.below):
        kept &= matrix.sure[:, first] <= query.below
    if query.text:
        kept &= matrix.holds(query.text)
    rows = np.flatnonzero(kept)
    if query.sort == "split":
        share = right[rows][:, columns].mean(1)
        rows = rows[np.argsort(np.abs(share - 0.5), kind="stable")]
    elif query.sort == "sure":
        sure = np.nan_to_num(matrix.sure[rows, first], nan=0.0)
        rows = rows[np.lexsort((-sure, right[rows, first]))]
    return rows


def counts(matrix: RowMatrix, query: CompareQuery) -> dict[str, int]:
    """Rows of each `SHOWS`, of all rows."""
    right, said, first, base = matrix.right, matrix.said, query.columns[0], query.base
    columns = list(query.columns)
    return {
        "different": int((said[:, columns] != said[:, [first]]).any(1).sum()),
        "regressed": int((~right[:, first] & right[:, base]).sum()),
        "fixed": int((right[:, first] & ~right[:, base]).sum()),
        "failed": int((~right[:, first]).sum()),
        "none": int((~right[:, columns].any(1)).sum()),
        "all": len(matrix),
    }


def groups(matrix: RowMatrix, rows: np.ndarray) -> list[dict[str, Any]]:
    """Where rows of a view stand: the targets and slices of which most rows are in it.

    Returns:
        {"field", "value", "rows": of the view, "of": of all, "share"} each, the largest share
        first; groups with `FEW` rows of the view or more, of fields with at most `VALUES` values.
    """
    found: list[dict[str, Any]] = []
    for field, values in {"target": matrix.targets, **matrix.slices}.items():
        every = Counter(values)
        if not 1 < len(every) <= VALUES:
            continue
        inside = Counter(values[row] for row in rows.tolist())
        for value, count in inside.items():
            if count >= FEW:
                one = {"field": field, "value": value, "rows": count, "of": every[value]}
                found.append({**one, "share": count / every[value]})
    return sorted(found, key=lambda one: (-one["share"], -one["rows"]))[:GROUPS]


def as_csv(matrix: RowMatrix, query: CompareQuery, rows: np.ndarray) -> Iterator[str]:
    """The rows as CSV, guarded for spreadsheet programs as the sheets of `assay annotate` are."""
    names = [matrix.names[column] for column in query.columns]
    head = ["id", "question", "target", *names, *(f"{name}: score" for name in names)]
    yield MARK + csv_line(head)
    for begin in range(0, len(rows), 500):
        some = [int(row) for row in rows[begin : begin + 500]]
        for row, lines in zip(some, matrix.lines(some, query.columns), strict=True):
            cells = [matrix.ids[row], matrix.questions[row], matrix.targets[row]]
            cells += [line["answer"] or "" for line in lines]
            score = [float(matrix.score[row, column]) for column in query.columns]
            cells = [*map(escape_cell, cells), *("" if np.isnan(s) else f"{s:g}" for s in score)]
            yield csv_line(cells)
