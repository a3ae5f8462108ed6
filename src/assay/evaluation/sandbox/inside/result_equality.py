"""Do two queries give the same? The rule of execution match, on their rows.

Rows       as a multiset: how often each row occurs counts; in order, where the reference has ORDER
           BY
Columns    in any order: some permutation has to make the rows alike. Their names do not count
Values     as Python compares what SQLite gives: 1 and 1.0 are alike, '1' and 1 are not
Source     Zhong, Yu and Klein (2020), Semantic evaluation for text-to-SQL with distilled test
           suites, arxiv.org/abs/2010.02840, whose scorer is Spider's. BIRD's (Li et al. 2023,
           arxiv.org/abs/2305.03111) compares sets of rows, columns in their order: it forgives
           doubled rows, and not exchanged columns
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

Rows = Sequence[tuple[Any, ...]]


def alike(reference: Rows, rows: Rows, *, ordered: bool) -> bool:
    """Args: ordered: the order of rows counts."""
    if len(reference) != len(rows):
        return False
    if not reference:
        return True
    if len(reference[0]) != len(rows[0]):
        return False
    return _match_columns(
        list(zip(*reference, strict=True)), list(zip(*rows, strict=True)), [], ordered
    )


def _match_columns(wanted: list[Any], columns: list[Any], taken: list[int], ordered: bool) -> bool:
    """Give the next column of the reference one of the others, as long as the rows so far are
    alike."""
    if len(taken) == len(wanted):
        return True
    so_far = _key(wanted[: len(taken) + 1], ordered)
    tried = []
    for at, column in enumerate(columns):
        if at in taken or column in tried:
            continue
        tried.append(column)  # one that is the same leads nowhere else
        chosen = [*taken, at]
        if _key([columns[i] for i in chosen], ordered) == so_far and _match_columns(
            wanted, columns, chosen, ordered
        ):
            return True
    return False


def _key(columns: list[Any], ordered: bool) -> Any:
    rows = list(zip(*columns, strict=True))
    return rows if ordered else Counter(rows)
