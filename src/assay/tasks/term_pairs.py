"""Columns of terms: a word or two in each row, where nothing reads like a sentence.

What it is for   pairs of words with a number for how alike they are, words with a number for how
                 glad they sound
Watch out        a column of a few words that come again and again is one of labels
"""

from collections.abc import Sequence

from assay.tasks.columns import Column, wordy

FEWEST = 20  # different terms
_SHARE = 0.05  # of the rows have a term that no row before them had
_SHORT = 3  # words
_LENGTHS = 2.0  # how much longer the terms of one column may be than those of the other


def are_terms(column: Column) -> bool:
    """Does each row have a term in it?"""
    return (
        column.full
        and not column.nested
        and not column.technical
        and not column.is_hidden
        and column.words <= _SHORT
        and column.distinct >= max(FEWEST, _SHARE * column.filled)
        and wordy(column)
    )


def paired_term(found: Sequence[Column], term: Column) -> Column | None:
    """The column of terms beside one of terms, where the two are of one kind."""
    at = found.index(term)
    near = [*found[at + 1 : at + 2], *found[max(0, at - 1) : at]]
    for other in near if are_terms(term) else ():
        sizes = sorted((term.length, other.length))
        alike = sizes[1] <= _LENGTHS * sizes[0] and abs(_plain(term) - _plain(other)) < 0.5
        if alike and are_terms(other):
            return other
    return None


def _plain(column: Column) -> float:
    """The share of plain letters: words in two scripts are no pair of one kind."""
    return sum(map(str.isascii, column.values)) / max(1, column.distinct)


def has_pair(found: Sequence[Column]) -> bool:
    """Do two texts of one kind stand side by side: two terms, two sentences of like length?"""
    return any(
        paired_term(found, one) is other or _are_like(one, other)
        for one, other in zip(found, found[1:], strict=False)
    )


def _are_like(one: Column, other: Column) -> bool:
    sizes = sorted((one.words, other.words))
    read = all(c.prose and c.full and not (c.technical or c.is_prediction) for c in (one, other))
    return read and sizes[0] >= _SHORT and sizes[1] <= _LENGTHS * sizes[0]
