"""A table without names whose last column says which of the columns before it is right: a question,
its options, a letter or a number.

What it is for   MMLU's form: the columns get the names `question`, `A`, `B`, ..., `answer`
Watch out        a class at the end of a row of texts looks alike: options are of like length and
                 differ in their row; where numbers name them, or where they are two, they are
                 mostly other ones in the next row; numbers name at least three
Source           Hendrycks et al. (2021), Measuring Massive Multitask Language Understanding,
                 arxiv.org/abs/2009.03300
"""

from collections.abc import Sequence
from dataclasses import replace

from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text
from assay.tasks.options import LETTERS, MOST

LOOKED_AT = 500  # rows
_LEAST = 4  # columns
_OTHERS = 0.5  # share of the values of an option's column that differ
_ALIKE = 4  # times the length of the shortest column of options
MOSTLY = 0.9


def name_options(table: RawTable, named: set[str]) -> RawTable:
    """The table with names for a question, its options and the answer, where it is of such a
    form."""
    count = len(table.names)
    unnamed = [f"field{at}" for at in range(1, count + 1)]
    if count < _LEAST or [*table.names] != unnamed or named & set(unnamed):
        return table
    cells = [
        [as_text(raw.fields.get(name)).strip() for name in unnamed]
        for raw in table.rows[:LOOKED_AT]
    ]
    first = next((at for at in (0, 1) if _asks([row[at] for row in cells])), None)
    many = count - 2 - (first or 0)
    if first is None or not 2 <= many <= MOST:
        return table
    options = [row[first + 1 : -1] for row in cells]
    said = {row[-1].upper() for row in cells}
    surely = many > 2 and all(one in LETTERS for one in said)
    if not _names_one(said, many) or not _alike(options, varied=not surely):
        return table
    letters = LETTERS[:many]
    names = [*unnamed[:first], "question", *letters, "answer"]
    rows = [
        RawRow(
            raw.source,
            {new: raw.fields.get(old) for old, new in zip(unnamed, names, strict=True)},
        )
        for raw in table.rows
    ]
    told = f"the last column names one of the {many} before it: read as a question and its options"
    notes = [*table.notes, f"{table.place}: {told}"]
    return replace(table, rows=rows, names=tuple(names), notes=notes, roles={})


def _asks(texts: Sequence[str]) -> bool:
    """Several words, mostly others in each row."""
    words = sum(len(text.split()) for text in texts)
    return words >= 3 * len(texts) > 0 and len(set(texts)) >= 0.8 * len(texts)


def _names_one(values: set[str], many: int) -> bool:
    """Letters of so many columns, or at least three numbers; most of them are there."""
    runs = [set(LETTERS[:many])]
    if many > 2:
        runs += [{str(at) for at in range(start, start + many)} for start in (0, 1)]
    return any(values <= run and len(values) > len(run) / 2 for run in runs) and len(values) > 1


def _alike(options: Sequence[Sequence[str]], *, varied: bool) -> bool:
    """Are the columns those of options? varied: of ones that differ from row to row."""
    whole = sum(all(row) and len(set(row)) == len(row) for row in options)
    columns = [*zip(*options, strict=True)]
    lengths = sorted(sum(map(len, column)) for column in columns)
    if whole < MOSTLY * len(options) or lengths[-1] > _ALIKE * lengths[0]:
        return False
    return not varied or all(len(set(column)) >= _OTHERS * len(column) for column in columns)
