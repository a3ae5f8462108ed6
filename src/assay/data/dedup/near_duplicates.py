"""What is done with near pairs: which rows stay, which belong together, which stand on two sides of
a split."""

from collections.abc import Sequence
from typing import Any

from assay.data.dedup.buckets import Buckets
from assay.data.dedup.containment import containment_pairs
from assay.data.dedup.search import NearDuplicateSearch, Pairs, merge_pairs
from assay.data.text_similarity import Key

# Candidates a row that are measured at once. Where there are more, the rows are halved: those near
# a row that the first half keeps are gone before the second half is compared with itself.
CANDIDATES_A_ROW = 64
FEWEST_HALVED = 128
# So many rows of a family in a bucket are enough as ways into it: data made from one template would
# otherwise be compared pair by pair.
DENSE = 100
# A row on the left is listed with so many of its partners, and with those that no pair names yet.
MOST_PARTNERS = 5


def stand_ins(search: NearDuplicateSearch, classes: Any = None) -> Any:
    """For each row the kept row that stands for it, the lowest it is near to, or -1 where the row
    itself is kept.

    Rows are taken in order; one is kept unless it is near to a kept one. So no chain of small steps
    can drop a row that is unlike every kept one, and no two kept rows are near.

    Args:
        classes: int, by row: only rows of one class can stand for each other.
    """
    import numpy as np

    wanted = None if classes is None else lambda first, second: classes[first] == classes[second]
    found = np.full(search.rows, -1, dtype=np.int64)

    def settle(rows: Any, buckets: Sequence[Buckets]) -> None:
        if len(rows) <= FEWEST_HALVED or sum(b.count() for b in buckets) <= CANDIDATES_A_ROW * len(
            rows
        ):
            pairs = merge_pairs(list(search.near(buckets, wanted)))
            order = np.lexsort((pairs.first, pairs.second))
            for kept, row in zip(
                pairs.first[order].tolist(), pairs.second[order].tolist(), strict=True
            ):
                if found[row] < 0 and found[kept] < 0:
                    found[row] = kept
            return
        half = len(rows) // 2
        mask = np.zeros(search.rows, dtype=bool)
        mask[rows[:half]] = True
        settle(rows[:half], [b.only(mask) for b in buckets])
        mask[rows[:half]] = found[rows[:half]] < 0
        rest = np.zeros(search.rows, dtype=bool)
        rest[rows[half:]] = True
        across = [part for b in buckets for part in b.between(mask, rest)]
        pairs = merge_pairs(list(search.near(across, wanted)))
        # Written from the highest kept row to the lowest, so that the lowest stands.
        found[pairs.second[::-1]] = pairs.first[::-1]
        left = rows[half:][found[rows[half:]] < 0]
        rest[:] = False
        rest[left] = True
        settle(left, [b.only(rest) for b in buckets])

    settle(np.arange(search.rows), search.buckets)
    return found


def families(
    keys: Sequence[Key],
    ties: Sequence[str | None],
    threshold: float,
    contained: float | None = None,
) -> list[list[int]]:
    """Row numbers grouped so that equal rows, near rows and rows with the same tie (a group's name)
    are together; with `contained` also a text and one that it stands in.

    Chains count here: rows of one family must not be split, so this is the connected component.
    """
    import numpy as np

    # Sorted, so that samples of wide buckets do not depend on the order of the rows.
    number: dict[Any, int] = {key: at for at, key in enumerate(sorted(set(keys)))}
    node = np.fromiter(map(number.__getitem__, keys), dtype=np.int64, count=len(keys))
    family = np.arange(len(number))
    named: dict[str, int] = {}
    tied = [
        (named.setdefault(tie, at), at)
        for at, tie in zip(node.tolist(), ties, strict=True)
        if tie is not None
    ]
    if tied:
        family = _join_families(family, *np.array(tied).T)
    if contained is not None:
        held = containment_pairs(list(number), list(number), contained)
        family = _join_families(family, held.left, held.right)
    search = NearDuplicateSearch(list(number), threshold)

    def apart(first: Any, second: Any) -> Any:
        return family[first] != family[second]

    for pairs in search.near(search.buckets, apart, samples=1):
        family = _join_families(family, pairs.first, pairs.second)
    for pairs in search.near([b.limit_per_family(family, DENSE) for b in search.buckets], apart):
        family = _join_families(family, pairs.first, pairs.second)
    of_row = family[node]
    order = np.argsort(of_row, kind="stable")
    cuts = np.flatnonzero(np.diff(of_row[order])) + 1
    grouped = [part.tolist() for part in np.split(order, cuts)] if len(order) else []
    return sorted(grouped, key=lambda rows: rows[0])


def _join_families(family: Any, first: Any, second: Any) -> Any:
    """The families after some rows turned out to belong together; a family is named by its lowest
    name."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(first):
        return family
    links = (np.ones(len(first), dtype=bool), (family[first], family[second]))
    _, part = connected_components(
        coo_array(links, shape=(len(family), len(family))), directed=False
    )
    lowest = np.full(len(family), len(family))
    np.minimum.at(lowest, part, np.arange(len(family)))
    return lowest[part[family]]


def across(search: NearDuplicateSearch, left: Any, right: Any) -> Pairs:
    """Near pairs of a row in `left` and one in `right` (bool masks): every row that is near to one
    of the other side is in one of them. All of a row's pairs are there, unless it has MOST_PARTNERS
    and the partner is in another pair."""
    import numpy as np

    partners = np.zeros(search.rows, dtype=np.int64)
    told = np.zeros(search.rows, dtype=bool)
    found: list[Pairs] = []

    def sides(first: Any, second: Any) -> tuple[Any, Any]:
        return np.where(left[first], first, second), np.where(left[first], second, first)

    def is_needed(first: Any, second: Any) -> Any:
        own, other = sides(first, second)
        return (partners[own] < MOST_PARTNERS) | ~told[other]

    def look(mine: Any, theirs: Any, samples: int = 0) -> None:
        buckets = [part for b in search.buckets for part in b.between(mine, theirs)]
        for pairs in search.near(buckets, is_needed, samples):
            found.append(pairs)
            # Bands and segments may both have found a pair, which is one partner.
            known = merge_pairs(found)
            found[:] = [known]
            own, other = sides(known.first, known.second)
            partners[:] = np.bincount(own, minlength=search.rows)
            told[other] = True

    look(left, right, samples=MOST_PARTNERS)
    look(left & (partners < MOST_PARTNERS), right)
    look(left, right & ~told)
    return merge_pairs(found)
