"""A found datum, and the order in which overlapping ones give way."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    kind: str  # "EMAIL", "PERSON", ...: see `KINDS` in recognise.py
    # 3 checksum or a form of its own, 2 form, 1 context, 0 a model's word: more wins an overlap
    sure: int = 0

    def shift(self, by: int) -> "Span":
        return Span(self.start + by, self.end + by, self.kind, self.sure)


def drop_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Without overlaps, in order: the surer span stays, of two equally sure ones the longer, then
    the first."""
    starts: list[int] = []
    kept: list[Span] = []
    for span in sorted(
        spans, key=lambda s: (-s.sure, s.start - s.end, s.start, s.kind != "PERSON", s.kind)
    ):
        at = bisect.bisect_left(starts, span.start)
        if (at and kept[at - 1].end > span.start) or (at < len(kept) and kept[at].start < span.end):
            continue
        starts.insert(at, span.start)
        kept.insert(at, span)
    return kept


def outside(spans: Iterable[Span], taken: Sequence[tuple[int, int]]) -> list[Span]:
    """The spans that touch none of the places taken (sorted, without overlaps)."""
    ends = [end for _, end in taken]
    kept = []
    for span in spans:
        at = bisect.bisect_right(ends, span.start)
        if at == len(taken) or taken[at][0] >= span.end:
            kept.append(span)
    return kept
