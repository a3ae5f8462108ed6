"""Divide rows by when they were written, or by a hash of what they are.

time    The oldest rows train, the newest test. A family (copies, near copies, a group) stands whole
        where its newest row stands, and so do all families of one moment; older rows that this
        takes along are `moved` in the ledger. So no row of train is newer than the newest row of
        any family of test, and nothing is dropped.
hash    A row goes where the hash of its group's name falls, or of its text where it has none: its
        place does not depend on other rows, so rows that are added later move none. The price: near
        copies may fall on two sides. The row of train or val is then dropped; a test row never
        goes.
Watch out  neither keeps the shares of labels; by hash the shares are met as by coins: 1,000 rows
           give 100 +- 19 of 10 %
"""

from collections.abc import Sequence

from assay.core.errors import DataError, Problem
from assay.core.sampling import hash_rank
from assay.core.types import Example
from assay.data.dedup.near_duplicates import families
from assay.data.text_similarity import key_of


def by_time(
    examples: Sequence[Example],
    shares: dict[str, float],
    *,
    near: float,
    contained: float | None = None,
) -> tuple[dict[str, list[Example]], list[tuple[Example, str]]]:
    """Divide by `Example.time`, the parts of `shares` being in the order of time.

    Returns:
        the parts by name, each in input order; the rows that stand in a later part than their own
        time says, each with the id of the newest row of its family.

    Raises:
        DataError: D093 too many rows have one time, so that a part gets none.
    """
    whens = [0.0 if example.time is None else example.time for example in examples]
    keys, ties = [key_of(example) for example in examples], [example.group for example in examples]
    grouped = families(keys, ties, near, contained)
    newest = {max(family, key=lambda row: (whens[row], row)): family for family in grouped}
    moments: dict[float, list[int]] = {}
    for row in newest:
        moments.setdefault(whens[row], []).append(row)
    names = [name for name, share in shares.items() if share > 0]
    place: dict[int, str] = {}
    ends: list[tuple[float, str]] = []  # the last moment of each part that has rows
    before = 0
    for when in sorted(moments):
        rows = [row for head in moments[when] for row in newest[head]]
        name = _part(names, shares, (before + len(rows) / 2) / len(examples))
        place.update(dict.fromkeys(rows, name))
        ends = [*ends[:-1], (when, name)] if ends and ends[-1][1] == name else [*ends, (when, name)]
        before += len(rows)
    if examples and (empty := [name for name in names if name not in {part for _, part in ends}]):
        told = (
            f"no rows are left for {' and '.join(empty)}: too few rows, or too many of one time"
            " or family"
        )
        raise DataError(
            Problem("D093", told, "split.time", help="name a finer field, or give other shares")
        )
    head_of = {row: head for head, family in newest.items() for row in family}
    moved = [
        (example, examples[head_of[row]].id)
        for row, example in enumerate(examples)
        if next(name for when, name in ends if whens[row] <= when) != place[row]
    ]
    return _parts(examples, shares, [place[row] for row in range(len(examples))]), moved


def _part(names: Sequence[str], shares: dict[str, float], at: float) -> str:
    """The part in which the share `at` of all rows falls."""
    end = 0.0
    for name in names:
        end += shares[name]
        if at < end:
            return name
    return names[-1]


def by_hash(
    examples: Sequence[Example], shares: dict[str, float], *, seed: int
) -> dict[str, list[Example]]:
    """Divide by what each row is, each part in input order. A larger share of the last part takes
    rows from the others and moves no row out of it."""
    names = list(shares)[::-1]
    return _parts(
        examples, shares, [_part(names, shares, fraction(example, seed)) for example in examples]
    )


def fraction(example: Example, seed: int) -> float:
    """Where a row stands between 0 and 1, whatever other rows there are."""
    key = key_of(example)
    own = ("text", key.scope, key.text) if example.group is None else ("group", example.group)
    return int(hash_rank(seed, *own)[:12], 16) / 2**48


def _parts(
    examples: Sequence[Example], shares: dict[str, float], places: Sequence[str]
) -> dict[str, list[Example]]:
    parts: dict[str, list[Example]] = {name: [] for name in shares}
    for example, name in zip(examples, places, strict=True):
        parts[name].append(example)
    return parts
