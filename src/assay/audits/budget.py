"""How many rows a question beside the scores may ask in its minutes, by what the arms took for the
test rows.

Estimate   seconds of a test question, times the tokens of the other question over those of a test
           question; a process's start for each arm
Watch out  what was measured decides, so a faster machine asks more rows; the report says how many
           were asked
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.models.tokenizer.length_estimate import CHARACTERS_A_TOKEN

if TYPE_CHECKING:
    from assay.audits.context import Seen
    from assay.core.types import Example

START = 10.0  # seconds until an arm's process has opened its model
FEWEST = 30  # rows; of fewer there is nothing to learn, and they are asked however long they take


def rows_within(
    seen: Seen, names: Sequence[str], asked: Sequence[Example], rows: int, seconds: float
) -> int:
    """How many of `rows` can be asked in `seconds`, where `asked` are the questions that all of
    them come to.

    Args:
        names: the arms that are asked; one that is asked twice stands there twice.
    """
    need = sum(seconds_of(seen, name, asked) for name in names)
    free = seconds - START * len(names)
    return rows if need <= free else min(rows, max(FEWEST, int(rows * free / need)))


def seconds_of(seen: Seen, name: str, asked: Sequence[Example]) -> float:
    """What an arm is thought to take for questions of other lengths than the test rows have."""
    cost = next(arm.cost for arm in seen.complete_arms if arm.name == name)
    each, tokens = cost.get("seconds_per_answer") or 0.0, cost.get("tokens_per_answer") or 0.0
    usual = sum(len(row.text) for row in seen.exam.questions) / len(seen.exam)
    more = sum(len(row.text) - usual for row in asked) / CHARACTERS_A_TOKEN
    return each * (len(asked) + (more / tokens if tokens else 0.0))


def refit_seconds(seen: Seen, name: str) -> float:
    """What it takes to fit an arm again and to ask it the test rows."""
    cost = next(arm.cost for arm in seen.complete_arms if arm.name == name)
    return (
        START
        + (cost.get("fit_seconds") or 0.0)
        + (cost.get("seconds_per_answer") or 0.0) * len(seen.exam)
    )
