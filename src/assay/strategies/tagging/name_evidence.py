"""What speaks for a run of words being a name, and how far to believe it: one of the two ways of
`dictionary`.

Evidence   its words; its shape, where it has a digit or an @; how its words are written together
           with the word before it, with the word after it, or with both
Worth      how often evidence of a kind was right, counted on folds that it does not come from
Source     contexts of names: Collins and Singer (1999), aclanthology.org/W99-0613
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assay.strategies.tagging.text_words import Place, TextWords, f1

LONGEST = 10  # words of a candidate
LEAST = 0.02  # what less speaks for is no candidate
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # thresholds that are tried
Weighed = tuple[float, Place, str]  # share that it is right, place, type


@dataclass
class Evidence:
    """`longest`: words of a candidate. `right`: key -> type -> times. `seen`: key -> times that it
    was there at all."""

    longest: int
    right: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[TextWords]) -> Evidence:
        lengths = sorted(j - i for row in rows for i, j in row.gold)
        made = cls(min(LONGEST, lengths[len(lengths) * 98 // 100]) if lengths else 0)
        right: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            for place, kind in row.gold.items():
                for key in row.keys(place):
                    right[key][kind] += 1
        seen: Counter[str] = Counter()
        for row in rows:
            for place in made.places(row):
                seen.update(key for key in row.keys(place) if key in right)
        made.right = {key: dict(kinds) for key, kinds in right.items()}
        made.seen = dict(seen)
        return made

    def places(self, row: TextWords) -> Iterator[Place]:
        n = len(row.words)
        for i in range(n):
            for j in range(i + 1, min(n, i + self.longest) + 1):
                yield i, j

    def candidates(self, row: TextWords) -> Iterator[tuple[Place, str, list[str]]]:
        """(place, type, bins of what speaks for it). A bin is a kind of evidence, how often it was
        right, 1 to 4, and which fifth of the times that it was there."""
        for place in self.places(row):
            found: dict[str, list[str]] = {}
            for key in row.keys(place):
                for kind, times in self.right.get(key, {}).items():
                    share = times / max(times, self.seen.get(key, times))
                    found.setdefault(kind, []).append(
                        f"{key[0]}{min(times, 4)}{min(4, int(5 * share))}"
                    )
            for kind, bins in found.items():
                yield place, kind, bins


def score_candidates(
    found: Iterator[tuple[Place, str, list[str]]], worth: Mapping[str, float]
) -> list[Weighed]:
    """How likely each candidate is right: one less the product of what each bin leaves open."""
    made = []
    for place, kind, bins in found:
        open_share = 1.0
        for one in bins:
            open_share *= 1 - worth.get(one, 0.0)
        if 1 - open_share >= LEAST:
            made.append((round(1 - open_share, 6), place, kind))
    return made


def resolve_overlaps(found: Sequence[Weighed]) -> list[Weighed]:
    """The likeliest candidates that share no word; among equals the longer one, then the earlier
    one."""
    taken: set[int] = set()
    kept = []
    for share, (i, j), kind in sorted(
        found, key=lambda one: (-one[0], one[1][0] - one[1][1], one[1], one[2])
    ):
        if taken.isdisjoint(range(i, j)):
            taken.update(range(i, j))
            kept.append((share, (i, j), kind))
    return kept


def estimate_precision(
    parts: Sequence[tuple[list[TextWords], list[TextWords]]],
) -> tuple[dict[str, float], dict[str, float], float]:
    """(bin -> share that was right, type -> threshold, F1 with these), each row by the evidence of
    the folds that it is not in.

    Args:
        parts: see `fold_rows`.
    """
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    left_out: list[tuple[TextWords, list[tuple[Place, str, list[str]]]]] = []
    for others, own in parts:
        evidence = Evidence.of(others)
        for row in own:
            found = list(evidence.candidates(row))
            left_out.append((row, found))
            for place, kind, bins in found:
                total.update(bins)
                right.update(bins if row.gold.get(place) == kind else ())
    # Half a right one and half a wrong one more: a bin that was met once is not sure.
    worth = {one: round((right[one] + 0.5) / (total[one] + 1), 6) for one in sorted(total)}
    named: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    wanted: Counter[str] = Counter(kind for row, _ in left_out for kind in row.gold.values())
    for row, found in left_out:
        for share, place, kind in resolve_overlaps(score_candidates(iter(found), worth)):
            named[kind].append((share, row.gold.get(place) == kind))
    cuts = {kind: _cut(named[kind], wanted[kind]) for kind in sorted(wanted)}
    kept = [
        ok for kind, some in named.items() for share, ok in some if share >= cuts.get(kind, 0.5)
    ]
    return worth, cuts, f1(sum(kept), len(kept), wanted.total())


def _cut(named: Sequence[tuple[float, bool]], wanted: int) -> float:
    """The threshold with the best F1; the highest among equals."""

    def worth(cut: float) -> float:
        kept = [right for share, right in named if share >= cut]
        return f1(sum(kept), len(kept), wanted)

    return max(reversed(CUTS), key=worth)
