"""The trials of one strategy: drawn one after another, watched, ended early, kept in a journal.

study = Study(folder / JOURNAL, dimensions, settings, seed)
while (trial := study.next()) is not None:
    ...    # fit with trial.values; study.report(trial, percent, score, loss) as it goes
    study.complete(trial, score)

How        optuna's journal: a line for each thing that happens, so that a killed search goes on. A
           trial that was at work is gone on with, under its number and with its values; who fits
           it goes on from its own state
Same again a trial's draw depends on the seed, its number and the trials before it
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assay.core.errors import Pruned
from assay.search.pruners import make_pruner
from assay.search.samplers import POPULATION, make_sampler
from assay.search.search_space import Dimension, as_json, grid, is_there, short
from assay.search.settings import SearchSettings

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

JOURNAL = "study.log"
SCORES = "scores"  # of a trial that is judged by its losses: percent -> score
WORST = -1e30  # for a loss that is no number
ENOUGH = 8  # whole trials, to say which setting counts
State = Literal["complete", "pruned", "failed"]
A_DIMENSION, FEWEST, MOST = 6, 6, 48  # trials, where `trials` is auto


@dataclass
class Trial:
    """`values`: place -> value, plain JSON. `curve`: (percent, score on val), as it went."""

    number: int
    values: dict[str, Any]
    handle: Any = field(repr=False, default=None)
    curve: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class TrialResult:
    """A trial as it ended.

    Attributes:
        score: on val, higher is better; of one that was ended early its last. None where it failed.
        text: why it failed.
    """

    number: int
    values: Mapping[str, Any]
    state: State
    score: float | None
    seconds: float
    curve: tuple[tuple[int, float], ...]
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "values": {place: as_json(value) for place, value in self.values.items()},
            "state": self.state,
            "score": self.score,
            "seconds": round(self.seconds, 3),
            "curve": [list(point) for point in self.curve],
            **({"text": self.text} if self.text else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TrialResult:
        named: dict[str, Any] = dict(value)
        return cls(**named | {"curve": tuple((at, score) for at, score in value["curve"])})


def trial_count(dimensions: Sequence[Dimension], settings: SearchSettings) -> int:
    """How many trials there will be: those asked for, else six a setting from 6 to 48, and never
    more than there are combinations; of a population eight."""
    some = settings.trials
    if some == "auto":
        some = min(MOST, max(FEWEST, A_DIMENSION * len(dimensions)))
        if settings.sampler == "pbt":
            return POPULATION
        if settings.sampler == "grid":
            return min(MOST, _combinations(dimensions, settings.points, MOST))
    if settings.sampler == "pbt":
        return some  # values change on the way, so several members may begin alike
    points = settings.points if settings.sampler == "grid" else some
    return min(some, _combinations(dimensions, points, some))


def _combinations(dimensions: Sequence[Dimension], points: int, most: int) -> int:
    return sum(1 for _ in islice(grid(dimensions, points), most))


def _scores(one: FrozenTrial) -> dict[str, float]:
    return one.user_attrs.get(SCORES, {})


def _curve(one: FrozenTrial) -> list[tuple[int, float]]:
    """(percent, score on val), as it went."""
    scores = _scores(one)
    return [(at, scores.get(str(at), held)) for at, held in sorted(one.intermediate_values.items())]


class Study:
    """
    Args:
        file: the journal; what stands there is gone on with.
        first: place -> value of the first trial, such as the method's own defaults. None: drawn.
    """

    def __init__(
        self,
        file: Path,
        dimensions: Sequence[Dimension],
        settings: SearchSettings,
        seed: int,
        first: Mapping[str, Any] | None = None,
    ):
        self.dimensions, self.settings, self.seed = tuple(dimensions), settings, seed
        self.count = trial_count(dimensions, settings)
        self.first = first if settings.sampler != "grid" else None
        self._study = _open(file)
        before = self._study.get_trials(deepcopy=False)
        # A journal of an earlier version, which is gone on with as it began.
        self._by_score = any(one.intermediate_values and not _scores(one) for one in before)
        self._grid = (
            list(islice(grid(self.dimensions, settings.points), self.count))
            if settings.sampler == "grid"
            else []
        )
        self._begun = time.monotonic()

    def next(self) -> Trial | None:
        """The trial that was interrupted, or a new one; None when there are no more."""
        import optuna

        trials = self._study.get_trials(deepcopy=False)
        going = next((one for one in trials if not one.state.is_finished()), None)
        number = len(trials) if going is None else going.number
        if going is None and (number >= self.count or self._is_late()):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study.sampler = make_sampler(self.settings.sampler, self.seed, number)
            self._study.pruner = make_pruner(self.settings.pruner)
        if going is None and (given := self._fixed_values(number)):
            self._study.enqueue_trial(given)
        if going is None or going.state == optuna.trial.TrialState.WAITING:
            handle = self._study.ask()
        else:
            handle = optuna.trial.Trial(self._study, going._trial_id)
        return Trial(number, self._suggest(handle), handle, _curve(going) if going else [])

    def _is_late(self) -> bool:
        if self.settings.minutes is None:
            return False
        spent = sum(result.seconds for result in self.results())
        return spent >= 60 * self.settings.minutes

    def _fixed_values(self, number: int) -> dict[str, Any] | None:
        """The drawing of a trial that nothing draws, as optuna takes it."""
        if self._grid:
            values = self._grid[number]
        elif number == 0 and self.first:
            values = self.first
        else:
            return None
        return {
            one.place: one.options.index(values[one.place]) if one.options else values[one.place]
            for one in self.dimensions
            if one.place in values
        }

    def _suggest(self, handle: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        chosen: dict[str, int] = {}
        for one in self.dimensions:
            if not is_there(one, chosen):
                continue
            if one.options:
                number = handle.suggest_categorical(one.place, list(range(len(one.options))))
                chosen[one.place] = number
                values[one.place] = one.options[number]
            elif one.is_whole:
                values[one.place] = handle.suggest_int(
                    one.place, one.low, one.high, log=one.log, step=one.step or 1
                )
            else:
                drawn = handle.suggest_float(
                    one.place, one.low, one.high, log=one.log, step=one.step
                )
                values[one.place] = short(drawn)
        return values

    # --- how a trial goes -------------------------------------------------------------------------

    def report(self, trial: Trial, percent: int, score: float, loss: float | None = None) -> None:
        """
        Args:
            loss: on val, by which trials are held against each other where there is one: at half of
                a training it orders them as they end, and a score of some dozen rows does not.

        Raises:
            Pruned: others did better at this point; the trial is to be ended.
        """
        if any(at >= percent for at, _ in trial.curve):
            return  # it was gone on with, and had been here before
        trial.curve.append((percent, score))
        if loss is None or self._by_score:
            trial.handle.report(score, percent)
        else:
            trial.handle.set_user_attr(SCORES, {str(at): one for at, one in trial.curve})
            trial.handle.report(-loss if math.isfinite(loss) else WORST, percent)
        if trial.handle.should_prune():
            raise Pruned(percent)

    def spend(self, trial: Trial, seconds: float) -> None:
        """What it has taken, so that a search that is gone on with knows."""
        trial.handle.set_user_attr("spent", trial.handle.user_attrs.get("spent", 0.0) + seconds)

    def complete(self, trial: Trial, score: float) -> None:
        self._study.tell(trial.handle, score)

    def prune(self, trial: Trial) -> None:
        import optuna

        self._study.tell(trial.handle, state=optuna.trial.TrialState.PRUNED)

    def fail(self, trial: Trial, text: str) -> None:
        import optuna

        trial.handle.set_user_attr("text", text)
        self._study.tell(trial.handle, state=optuna.trial.TrialState.FAIL)

    # --- what came of it --------------------------------------------------------------------------

    def results(self) -> list[TrialResult]:
        """Of all trials that have ended."""
        trials = self._study.get_trials(deepcopy=False)
        return [self._result(one) for one in trials if one.state.is_finished()]

    def _result(self, one: optuna.trial.FrozenTrial) -> TrialResult:
        from optuna.trial import TrialState

        state: dict[Any, State] = {
            TrialState.COMPLETE: "complete",
            TrialState.PRUNED: "pruned",
        }
        curve = tuple(_curve(one))
        score = one.value if one.state == TrialState.COMPLETE else curve[-1][1] if curve else None
        return TrialResult(
            one.number,
            self._values(one.params),
            state.get(one.state, "failed"),
            None if one.state == TrialState.FAIL else score,
            one.user_attrs.get("spent", 0.0),
            curve,
            one.user_attrs.get("text", ""),
        )

    def _values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for one in self.dimensions:
            if one.place in drawn:
                value = drawn[one.place]
                values[one.place] = (
                    one.options[value] if one.options else value if one.is_whole else short(value)
                )
        return values

    def best(self) -> TrialResult | None:
        """The trial with the best score of those that were not ended early; of equals the first."""
        whole = [one for one in self.results() if one.state == "complete"]
        return max(whole, key=lambda one: (one.score, -one.number), default=None)

    def importance(self) -> dict[str, float] | None:
        """place -> share of what the scores of whole trials differ by that is the setting's own:
        fANOVA (Hutter, Hoos and Leyton-Brown 2014, proceedings.mlr.press/v32/hutter14.html). None
        with fewer than eight trials or equal scores."""
        import optuna

        whole = [one for one in self.results() if one.state == "complete"]
        if len(whole) < ENOUGH or len({one.score for one in whole}) < 2 or len(self.dimensions) < 2:
            return None
        judge = optuna.importance.FanovaImportanceEvaluator(seed=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of settings that only some trials have
            found = optuna.importance.get_param_importances(self._study, evaluator=judge)
        return {place: round(float(share), 4) for place, share in found.items()}


def _open(file: Path) -> optuna.Study:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = JournalStorage(JournalFileBackend(str(file)))
        return optuna.create_study(
            storage=storage, study_name="search", direction="maximize", load_if_exists=True
        )
