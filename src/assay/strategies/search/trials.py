"""What all trials of a search share: the lesson that each is given, words for one that failed, and
what is kept of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from assay.core.errors import Problem, TrainError
from assay.core.types import Example, Lesson, Tell
from assay.search.search_space import as_json
from assay.search.settings import SearchSettings
from assay.search.study import Trial, TrialResult


class Trials(Protocol):
    """What a study and a population have in common."""

    count: int
    settings: SearchSettings

    def report(
        self, trial: Trial, percent: int, score: float, loss: float | None = None
    ) -> None: ...

    def results(self) -> list[TrialResult]: ...

    def best(self) -> TrialResult | None: ...

    def importance(self) -> dict[str, float] | None: ...


def trial_folder(workdir: Path, number: int) -> Path:
    return workdir / f"trial-{number}"


def trial_lesson(lesson: Lesson, number: int, tell: Tell) -> Lesson:
    """The lesson with a folder of its own, where an interrupted training is found again."""
    work = trial_folder(lesson.workdir, number)
    work.mkdir(parents=True, exist_ok=True)
    return replace(lesson, start=None, means=replace(lesson.means, workdir=work, tell=tell))


def summarise_trials(
    study: Trials, best: TrialResult, rows: Sequence[Example]
) -> Mapping[str, Any]:
    """What `search.json` and the report have: all trials, and which one is kept."""
    return {
        "best": best.number,
        "values": {place: as_json(value) for place, value in best.values.items()},
        "rows": len(rows),
        "planned": study.count,
        "importance": study.importance(),
        "trials": [one.to_json() for one in study.results()],
    }


def failure_text(error: Exception) -> str:
    if isinstance(error, TrainError):
        return "; ".join(f"{problem.code} {problem.text}" for problem in error.problems)
    if isinstance(error, ValidationError):
        return "; ".join(item["msg"] for item in error.errors(include_url=False))
    return str(error)


def no_trial_error(results: Sequence[TrialResult], errors: Sequence[TrainError]) -> TrainError:
    """Why nothing is kept, T105. What fails whatever the settings are has a way out of its own.

    Args:
        errors: of the trials that could not be fitted.
    """
    said = {tuple(problem.code for problem in error.problems) for error in errors}
    if len(said) == 1:
        return errors[0]
    failed = next((one for one in results if one.state == "failed"), None)
    why = f"; the first: {failed.text}" if failed else ""
    text = f"search: none of {len(results)} trials came to an end{why}"
    way = "narrow the ranges, or set `search: {pruner: none}`"
    return TrainError(Problem("T105", text, help=way))
