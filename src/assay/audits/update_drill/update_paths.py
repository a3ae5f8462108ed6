"""The shortest honest way in which an arm takes a change in.

edited      a prompt or its pool of examples: nothing is learnt
reindexed   documents are put into the index and dropped from it, without a fit
refitted    fitted anew, in seconds
retrained   trained from the base on all rows
continued   trained on from its own weights, on the new rows and some of the old ones, which are
            rehearsed so that it does not forget them (Robins 1995, Catastrophic forgetting,
            rehearsal and pseudorehearsal, doi.org/10.1080/09540099550039318)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.audits.update_drill.changes import DataChange
from assay.config.audits.update_drill import Way
from assay.core.sampling import hash_rank
from assay.core.types import Example, Learner, Strategy
from assay.runtime.costs.remote import endpoints
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.retrieval.rag import Rag
from assay.training.settings import Trained

if TYPE_CHECKING:
    from assay.config import Project


def ways(strategy: Strategy, change: DataChange) -> list[Way]:
    """Those that fit the arm and the change, the shortest first."""
    if isinstance(strategy, Rag) and (change.put or change.drop):
        return ["reindexed"]
    if isinstance(strategy, Trained) and strategy.continues and change.new:
        return ["continued", "retrained"]
    if trains(strategy):
        return ["retrained"]
    return ["edited"] if isinstance(strategy, Shots) else ["refitted"]


def trains(learner: Learner) -> bool:
    """Whether it, or a strategy inside it, is trained."""
    return isinstance(learner, Trained) or any(trains(one) for _, one in learner.inside())


def uses_endpoint(strategy: Strategy, project: Project) -> bool:
    """Whether a model behind an address is asked: its answers may be paid for, so it is asked more
    only by name."""
    return bool(endpoints(project, strategy))


def rehearsal_rows(change: DataChange, times: int, seed: int) -> list[Example]:
    """What a continued training learns from: the new rows, and `times` as many of the others, drawn
    by the seed; in the order of the training rows."""
    new = {row.id for row in change.new}
    old = [row for row in change.after.train if row.id not in new]
    drawn = sorted(old, key=lambda row: hash_rank(seed, "rehearsed", row.text))[: times * len(new)]
    kept = new | {row.id for row in drawn}
    return [row for row in change.after.train if row.id in kept]
