"""A part of many rows that is like the whole: every label, or value of a slice, by its share.

What it is for   a first run that is short, on a file that may be sorted by label or topic
How              rows are put in order by a hash of seed and content, so that neither their order in
                 the file nor rows that are added change which of the others are drawn; shares by
                 the largest remainder
Source           Hamilton's method of apportionment (1792): Balinski and Young (1982), Fair
                 Representation
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from assay.core.sampling import hash_rank
from assay.core.types import Example

# different targets above which they are written answers, and no shares can be kept
MOST_STRATA = 200


def sample_stratified(examples: Sequence[Example], n: int, seed: int) -> list[Example]:
    """`n` of the examples, in the order in which they came; all of them where there are no more."""
    if n >= len(examples):
        return list(examples)
    strata: dict[Hashable, list[int]] = defaultdict(list)
    labelled = len({one.target for one in examples}) <= min(MOST_STRATA, n // 2)
    for place, one in enumerate(examples):
        strata[one.target if labelled else None, one.slices].append(place)
    if len(strata) > n // 2:
        strata = {None: list(range(len(examples)))}
    shares = apportion([len(places) for places in strata.values()], n)
    drawn: list[int] = []
    for places, count in zip(strata.values(), shares, strict=True):
        drawn += sorted(places, key=lambda place: _lot(examples[place], seed))[:count]
    return [examples[place] for place in sorted(drawn)]


def apportion(sizes: Sequence[int], n: int) -> list[int]:
    """`n` seats for parts of these sizes, each its share rounded down and the rest by the largest
    remainder."""
    whole = sum(sizes)
    shares = [size * n // whole for size in sizes]
    rest = sorted(range(len(sizes)), key=lambda part: (-(sizes[part] * n % whole), part))
    for part in rest[: n - sum(shares)]:
        shares[part] += 1
    return shares


def _lot(example: Example, seed: int) -> str:
    return hash_rank(seed, example.text, example.target, sep="\0")
