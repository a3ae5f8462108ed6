"""Which columns side by side are the options of a question, told by what stands in them.

What it is for   tables without names, and names in any language: a question, its options, and a
                 letter, a number or a text that says which is right
How              in each row the texts differ, and over all rows they are about as long; a column
                 beside them says one of so many letters or numbers, or has the text of one. A
                 column of texts that differ from row to row, the question, stands before them
Watch out        a class beside columns of texts looks alike: numbers name at least three options,
                 and options of two, or named by numbers, are mostly other ones in the next row
Source           the form of MMLU's files: Hendrycks et al. (2021), Measuring Massive Multitask
                 Language Understanding, arxiv.org/abs/2009.03300
"""

from collections.abc import Iterator, Sequence

from assay.core.words import count_words
from assay.tasks.columns import Column, Row, as_text, is_unnamed, value_at
from assay.tasks.option_columns import column_series
from assay.tasks.options import LETTERS

LOOKED_AT = 500  # rows
FEWEST = 8  # rows that tell
WIDEST = 40  # columns
MOST = 10  # options
_OTHERS = 0.5  # share of the values of an option's column that differ
_ALIKE = 4  # times the length of the shortest column of options
MOSTLY = 0.9
ONE_PLACE = 0.8  # share of the rows above which the right one always stands at one place
_RIGHT = {"correct", "right"}  # words of a name
_ASKS = 3  # words of a question


def option_runs(found: Sequence[Column], rows: Sequence[Row]) -> Iterator[tuple[list[str], str]]:
    """(columns of options, what names the right one), the likeliest first."""
    rows = rows[:LOOKED_AT]
    if len(rows) < FEWEST or not 4 <= len(found) <= WIDEST:
        return
    cells = {
        c.name: [as_text(value_at(row, c.name)).strip() for row in rows]
        for c in found
        if not c.nested and c.filled
    }
    ways: list[tuple[float, list[str], str]] = []
    series = [{*run} for run in column_series(found)]
    for goal in found:
        said = cells.get(goal.name, ())
        if not said or not goal.full:
            continue
        told = bool(_RIGHT & set(goal.tokens))
        for many, surely in _named(said, told):
            # Names that have nothing in common are mostly no options: a verdict is on some of them.
            ways += [
                way
                for way in _windows(found, cells, goal.name, many, surely, told)
                if surely or is_unnamed(found) or {*way[1]} in series or (told and _twins(way[1]))
            ]
        ways += _copied(found, cells, goal.name)
    yield from ((fields, goal) for _, fields, goal in sorted(ways, key=lambda way: way[0]))


def _twins(names: Sequence[str]) -> bool:
    """`warrant0` and `warrant1`: do the names differ in a number or a letter at their end?"""
    return len({name[:-1] for name in names}) == 1


def _named(said: Sequence[str], told: bool) -> Iterator[tuple[int, bool]]:
    """(number of options, whether nothing else is written so) of what is said in the rows.

    Args:
        told: the name says that it is the right one.
    """
    values = {one.upper() for one in said}
    if not 2 <= len(values) <= MOST:
        return
    if all(one in LETTERS[:MOST] for one in values):
        many = max(map(LETTERS.index, values)) + 1
        for count in {many, many + 1} if many > 2 else {many}:
            if len(values) > count / 2:
                yield count, count > 2
    elif all(one.isdecimal() and len(one) < 3 for one in values):
        numbers = {int(one) for one in values}
        for first in (0, 1):
            many = max(numbers) - first + 1
            if min(numbers) >= first and many > 2 - told and len(numbers) > many / 2:
                yield many, False


def _windows(
    found: Sequence[Column],
    cells: dict[str, list[str]],
    goal: str,
    many: int,
    surely: bool,
    told: bool,
) -> Iterator[tuple[float, list[str], str]]:
    names = [column.name for column in found]
    for at in range(len(names) - many + 1):
        fields = names[at : at + many]
        if goal in fields or any(name not in cells for name in fields):
            continue
        if not surely and any(column.numbers > 0.5 for column in found[at : at + many]):
            continue  # what was measured of a text, beside its class
        unlike = _unlikeness([cells[name] for name in fields], varied=not surely)
        rest = [column for column in found[at + many :] if column.name != goal]
        if unlike and (
            _asked(found[:at], cells, goal) or (told and _asked(rest, cells, goal, 0.1))
        ):
            yield unlike, fields, goal


def _copied(
    found: Sequence[Column], cells: dict[str, list[str]], goal: str
) -> Iterator[tuple[float, list[str], str]]:
    """Columns one of which has the goal's text in nearly every row, now one and now another."""
    said = cells[goal]
    if len(set(said)) < FEWEST:
        return
    same = {
        name: sum(a == b != "" for a, b in zip(texts, said, strict=True))
        for name, texts in cells.items()
        if name != goal
    }
    fields = [name for name in same if same[name] >= 0.02 * len(said)]
    names = [column.name for column in found]
    places = [names.index(name) for name in fields]
    if len(fields) < 2 or places[-1] - places[0] != len(fields) - 1:
        return
    told = sum(any(cells[name][at] == one for name in fields) for at, one in enumerate(said))
    if told < MOSTLY * len(said) or max(same.values()) > ONE_PLACE * told:
        return
    unlike = _unlikeness([cells[name] for name in fields], varied=False)
    if unlike and _asked(found[: places[0]], cells, goal):
        yield unlike, fields, goal


def _unlikeness(columns: Sequence[Sequence[str]], *, varied: bool) -> float:
    """How much longer the longest column of options is than the shortest; 0 where they are none.

    Args:
        varied: they have to differ from row to row.
    """
    rows = [*zip(*columns, strict=True)]
    whole = sum(all(row) and len(set(row)) == len(row) for row in rows)
    lengths = sorted(sum(map(len, column)) for column in columns)
    if whole < MOSTLY * len(rows) or lengths[-1] > _ALIKE * lengths[0]:
        return 0.0
    if varied and any(len(set(column)) < _OTHERS * len(column) for column in columns):
        return 0.0
    return lengths[-1] / lengths[0]


def _asked(
    before: Sequence[Column], cells: dict[str, list[str]], goal: str, least: float = 0.8
) -> bool:
    """Does a column of texts, mostly others in each row, stand there? least: share that differs."""
    for column in before:
        texts = cells.get(column.name, [])
        if column.name == goal or not texts or column.links > 0.5 or column.dates > 0.5:
            continue
        words = sum(map(count_words, texts))
        if words >= _ASKS * len(texts) and len(set(texts)) >= least * len(texts):
            return True
    return False
