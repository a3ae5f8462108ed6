"""Which test rows share a value of a field, or are near copies: what answers may cluster by.

What it is for   rows of one user, thread, document, day or file are not independent; without
                 `split.group` the intervals take them for it. `evaluation/undeclared_clusters.py`
                 tests the fields that are named here
Left out         fields that nothing repeats in; those that the target settles, which are properties
                 of a label; and those of few values, which are kinds of rows and not samples of
                 anything, unless their name says that they are sampled (a user, a file). Of fields
                 that divide the rows alike the first stays
Watch out        a field of many kinds (a country, a product) looks like one of many users. The
                 report says what a warning assumes: that new rows come from other values
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from assay.core.types import Example
from assay.data.dedup.near_duplicates import families
from assay.data.reading.slice_values import FILE, Values
from assay.data.text_similarity import key_of
from assay.tasks.column_names import SAMPLED
from assay.tasks.columns import words_of

NEAR_COPIES = "(near copies)"  # in place of a field's name
LEAST_SHARED = 10  # rows that share their value with another: with fewer nothing could be told
FEW_VALUES = 10  # fewer repeated values are kinds of rows
REPORTED = 20  # a field under `task.slices` with fewer values is one of kinds: the user has said so
# share of rows with the most frequent value of their target: then the field is the label's
SETTLED = 0.99


def candidates(
    values: Values, test: Sequence[Example], near: float, reported: Collection[str] = ()
) -> dict[str, list[int]]:
    """Field -> the value of each test row as a number, in the order of the rows.

    Args:
        near: similarity from which two rows are near copies.
        reported: fields that the project names under `task.slices`.
    """
    fields = values.of([example.id for example in test])
    fields = {
        name: codes for name, codes in fields.items() if _is_sampling_field(name, codes, reported)
    }
    fields = {name: codes for name, codes in fields.items() if not _follows_target(codes, test)}
    fields[NEAR_COPIES] = _copies(test, near)
    return dict(
        _distinct(
            {name: codes for name, codes in fields.items() if _count_sharing(codes) >= LEAST_SHARED}
        )
    )


def _count_sharing(codes: Sequence[int]) -> int:
    return sum(count for count in Counter(codes).values() if count > 1)


def _is_sampling_field(name: str, codes: Sequence[int], reported: Collection[str]) -> bool:
    counts = Counter(codes)
    repeated = sum(count > 1 for count in counts.values())
    if len(counts) < 2 or (name in reported and len(counts) < REPORTED):
        return False
    return repeated >= FEW_VALUES or name == FILE or bool(set(SAMPLED) & set(words_of(name)))


def _follows_target(codes: Sequence[int], test: Sequence[Example]) -> bool:
    """Whether the target says what the value is, where targets repeat: a domain of intents, say."""
    of_target: dict[str, Counter[int]] = defaultdict(Counter)
    for code, example in zip(codes, test, strict=True):
        of_target[example.target or ""][code] += 1
    repeated = [counts for counts in of_target.values() if counts.total() > 1]
    rows = sum(counts.total() for counts in repeated)
    return (
        rows >= len(codes) / 2
        and sum(max(counts.values()) for counts in repeated) >= SETTLED * rows
    )


def _copies(test: Sequence[Example], near: float) -> list[int]:
    codes = [0] * len(test)
    for number, family in enumerate(
        families([key_of(example) for example in test], [None] * len(test), near)
    ):
        for row in family:
            codes[row] = number
    return codes


def _distinct(fields: dict[str, list[int]]) -> Iterator[tuple[str, list[int]]]:
    seen: set[tuple[int, ...]] = set()
    for name, codes in fields.items():
        numbers: dict[int, int] = {}
        same = tuple(numbers.setdefault(code, len(numbers)) for code in codes)
        if same not in seen:
            seen.add(same)
            yield name, list(same)
