"""A strategy in a race: what it was given so far, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from assay.core.types import Strategy
from assay.decision.finished_arm import Arm
from assay.runtime.arms.runner import Bench
from assay.runtime.planning.racing import LOSS
from assay.strategies.search.hyperparameter_search import HyperparameterSearch
from assay.strategies.training.policy_optimisation import PolicyOptimisation
from assay.training.settings import Trained

if TYPE_CHECKING:
    from assay.decision.finished_arm import Status


@dataclass
class Contestant:
    """One strategy in the race.

    Attributes:
        heats: of each, `rows` that it learnt from, `asked` val rows, `value` there, `seconds` on
            the wall.
        status: "" while it may go on; else that of its arm. note: why. left: seconds that it would
            have taken longer, where known.
        done: its records of all val rows that are asked, fitted on all rows. hope: its last score.
            met: it has met the test rows. fitting, asking: seconds to fit it on all rows, and to
            ask it the test rows, as far as known. loss: of what counts as equal, what leaving it
            out may lose. dearer: it asks a language model, which the best so far does not: to be
            as good gains nothing.
    """

    name: str
    strategy: Strategy
    heats: list[dict[str, Any]] = field(default_factory=list)
    status: Status | Literal[""] = ""
    note: str = ""
    left: float | None = None
    done: Arm | None = None
    hope: float = 0.0
    met: bool = False
    fitting: float = 0.0
    asking: float = 0.0
    loss: float = LOSS
    dearer: bool = False

    def leave(self, status: Status, note: str, left: float | None = None) -> None:
        self.status, self.note, self.left = status, note, left


def trains_base(strategy: Strategy) -> bool:
    """Whether a language model is trained, in a time that grows with the rows: small encoders read
    few rows the more often, and a search, or rounds on rewards, take as long on fewer."""
    if isinstance(strategy, HyperparameterSearch | PolicyOptimisation):
        return False
    inner = [one for _, one in strategy.inside() if isinstance(one, Strategy)]
    return isinstance(strategy, Trained) or any(trains_base(one) for one in inner)


def most_rows(strategy: Strategy, whole: int) -> int:
    """Of `whole` training rows, those that it learns from at most: its own `max_rows`, or those of
    what is trained inside it."""
    if not trains_base(strategy):
        return whole
    if isinstance(strategy, Trained):
        return whole if strategy.max_rows is None else min(whole, strategy.max_rows)
    inner = [one for _, one in strategy.inside() if isinstance(one, Strategy)]
    return max(most_rows(one, whole) for one in inner if trains_base(one))


def asks_endpoint(bench: Bench, strategy: Strategy) -> bool:
    """Whether it asks a model behind an address, where each question is paid for."""
    needed = strategy.needs(bench.project.model)
    return any("remote" in bench.models.get(name, {}) for name in needed)


def arm_left_out(one: Contestant, settings: dict[str, Any]) -> Arm:
    """The arm of a contestant that does not meet the test rows."""
    return Arm(
        one.name,
        one.strategy.kind,
        settings,
        status=one.status or "done",
        note=one.note,
        left=one.left,
        floor=one.strategy.baseline,
        heats=tuple(one.heats),
    )
