"""What several people said of each row, a column for each of them, as one label or one number.

What it is for   `annotator1`, `annotator2`, `annotator3`: the most frequent verdict, or the first,
                 becomes `label`; of numbers the mean becomes `score`
How              names that differ in the number or letter of a person only, few values that are the
                 same in all columns, and verdicts that mostly agree
Watch out        beside a column that is named like a target they stay what they are; so do those
                 that the project names
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from statistics import fmean

from assay.data.reading.findings import printable
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks import column_names
from assay.tasks.columns import as_text, columns_of, rank

LOOKED_AT = 500  # rows
FEWEST = 5  # rows
MOST = 30  # different verdicts
STEPS = 4  # different numbers, of which fewer are classes
_PEOPLE = (
    "annotator|annotation|rater|rating|judge|judg[e]?ment|coder|expert|worker|evaluator|turker"
)
_PEOPLE += "|assessor|reviewer|labeler|labeller|human|vote|ann|anno|label|score"
_NAME = re.compile(
    rf"(.*?(?<![a-z])(?:{_PEOPLE})[ _.-]?)(\d\d?|[a-e])(?![a-z0-9])(.*)", re.IGNORECASE
)
_ALIKE = 0.5  # share of the rows in which two people agree
_APART = 0.35  # of the span of numbers: how far two people are from each other


def join_verdicts(table: RawTable, named: set[str]) -> RawTable:
    """The table with one verdict in place of those of several people."""
    stems: dict[tuple[str, str], list[str]] = {}
    for name in table.names:
        if match := _NAME.fullmatch(name):
            stems.setdefault((match[1].casefold(), match[3].casefold()), []).append(name)
    groups = [some for some in stems.values() if len(some) > 1 and not named & set(some)]
    if len(groups) != 1 or len(table.rows) < FEWEST or _has_target(table, groups[0]):
        return table
    (fields,) = groups
    said = [[as_text(raw.fields.get(name)).strip() for name in fields] for raw in table.rows]
    numbers = _numbers(said[:LOOKED_AT])
    if not (_are_near(numbers) if numbers else _agree(said[:LOOKED_AT])):
        return table
    goal = "score" if numbers else "label"
    rows = []
    for raw, verdicts in zip(table.rows, said, strict=True):
        there = [one for one in verdicts if one]
        left = {name: value for name, value in raw.fields.items() if name not in fields}
        value = (
            (_mean(there) if numbers else Counter(there).most_common(1)[0][0]) if there else None
        )
        rows.append(RawRow(raw.source, left | {goal: value}))
    what = "their mean" if numbers else "the most frequent, or the first,"
    shown = ", ".join(map(printable, fields[:4])) + (", \u2026" if len(fields) > 4 else "")
    note = f"{table.place}: of the verdicts of {len(fields)} people ({shown}) {what} is '{goal}'"
    names = (*(name for name in table.names if name not in fields), goal)
    return replace(table, rows=rows, names=names, notes=[*table.notes, note])


def _has_target(table: RawTable, fields: Sequence[str]) -> bool:
    rest = columns_of([raw.fields for raw in table.rows[:LOOKED_AT]])
    rest = [column for column in rest if column.name not in fields]
    usual = (column_names.LABEL, column_names.SCALES)
    return any(
        column.key in ("label", "labels", "score")
        or (max(rank(column, names) for names in usual) >= 0.9 and (column.labels or column.scale))
        for column in rest
    )


def _numbers(said: Sequence[Sequence[str]]) -> list[list[float]]:
    """The verdicts as numbers, where they are steps of a scale; else []."""
    try:
        numbers = [[float(one) for one in row if one] for row in said]
    except ValueError:
        return []
    return numbers if len({one for row in numbers for one in row}) >= STEPS else []


def _are_near(numbers: Sequence[Sequence[float]]) -> bool:
    every = [one for row in numbers for one in row]
    span = max(every) - min(every)
    apart = [abs(a - b) for row in numbers for a, b in combinations(row, 2)]
    return bool(apart) and fmean(apart) <= _APART * span


def _agree(said: Sequence[Sequence[str]]) -> bool:
    values = [{row[at] for row in said} - {""} for at in range(len(said[0]))]
    few = 2 <= len(set().union(*values)) <= MOST
    same = all(len(a & b) >= 0.5 * len(a | b) for a, b in combinations(values, 2))
    pairs = [a == b for row in said for a, b in combinations(row, 2) if a and b]
    return few and same and sum(pairs) >= _ALIKE * len(pairs) > 0


def _mean(verdicts: Sequence[str]) -> float | int:
    mean = round(fmean(map(float, verdicts)), 3)
    return int(mean) if mean.is_integer() else mean
