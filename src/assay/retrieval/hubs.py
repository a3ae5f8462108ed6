"""Passages that are found for nearly everything: what a planted text that must always be read looks
like.

Source   Radovanović, Nanopoulos and Ivanović (2010), Hubs in Space,
         jmlr.org/papers/v11/radovanovic10a.html; planted texts: Zou et al. (2025), PoisonedRAG,
         arxiv.org/abs/2402.07867
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.core.types import Tell

TIMES = 20  # the median


def warn_of_hubs(found: Iterable[Sequence[str]], questions: int, tell: Tell) -> None:
    """A warning where a passage is found for nearly everything. `found`: the ids that each question
    found."""
    if high := hubs(found):
        name, times = high[0]
        text = (
            f"{len(high)} passages are found over {TIMES} times as often as the median one;"
            f" first: {name}, for {times:,} of {questions:,} questions"
        )
        tell({"event": "warning", "code": "D106", "count": len(high), "text": text})


def hubs(found: Iterable[Sequence[str]]) -> list[tuple[str, int]]:
    """(id, how many questions found it) of the passages found more than 20 times as often as the
    median of those that are found at all, most often first.

    Args:
        found: the ids that each question found.
    """
    counts = Counter(one for ids in found for one in ids)
    if not counts:
        return []
    # The lower median: with few passages the hub itself must not be what it is compared with.
    middle = sorted(counts.values())[(len(counts) - 1) // 2]
    high = [(one, n) for one, n in counts.items() if n > TIMES * middle]
    return sorted(high, key=lambda item: (-item[1], item[0]))
