"""What is asked beside the scores: each question is a module, named in `QUESTIONS`, asked once the
arms have answered.

A question has   KEY                          its key in report.json and, for most, in `validate:`
                 wanted(project, prepared)    whether it is asked in this run
                 strategies(project, prepared)  what it fits beside the arms, so that their models
                                              are at hand
                 ask(seen)                    plain JSON, put into report.json; None where there was
                                              nothing to measure
                 sentences(found)             what `assay check` and the report's part on leaks say
                                              of it; none where it has a section of its own
Costs            time: a question is left out when the time given is over, and a failed fit is a
                 warning, no error
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from assay.audits import (
    bias,
    contamination,
    forgetting,
    judged,
    leak_cost,
    learning_curve,
    mistakes,
    people,
    robustness,
    update_drill,
)
from assay.audits.seen import Seen
from assay.core.errors import ResourceError, TrainError
from assay.core.types import Strategy
from assay.runtime.data_stage.prepare import Prepared

if TYPE_CHECKING:
    from assay.config import Project


class Question(Protocol):
    @property
    def KEY(self) -> str: ...

    def wanted(self, project: Project, prepared: Prepared) -> bool: ...
    def strategies(self, project: Project, prepared: Prepared) -> list[Strategy]: ...
    def ask(self, seen: Seen) -> dict[str, Any] | None: ...
    def sentences(self, found: dict[str, Any]) -> list[str]: ...


QUESTIONS: tuple[Question, ...] = (
    leak_cost,
    contamination,
    mistakes,
    robustness,
    bias,
    forgetting,
    people,
    judged,
    learning_curve,
    update_drill,
)
Found = dict[str, dict[str, Any]]


def beside(project: Project, prepared: Prepared) -> list[Strategy]:
    """Strategies whose models are needed for what is asked beside the arms."""
    wanted = [question for question in QUESTIONS if question.wanted(project, prepared)]
    return [strategy for question in wanted for strategy in question.strategies(project, prepared)]


def asked(
    seen: Seen,
    warnings: list[dict[str, Any]],
    until: float | None = None,
    only: Sequence[str] | None = None,
) -> Found:
    """What was found, by the questions' keys. What was wanted and had no time is a warning (R030).

    Args:
        until: `time.monotonic()` after which nothing is begun.
        only: keys of the questions to ask; all that are wanted when None.

    Raises:
        AssayError: as the workers; a failed fit is a warning.
    """
    found: Found = {}
    for question in QUESTIONS:
        if only is not None and question.KEY not in only:
            continue
        if not question.wanted(seen.bench.project, seen.bench.prepared):
            continue
        if until is not None and until <= time.monotonic():
            text = f"{question.KEY} was not asked: the time given was over"
            warnings.append({"code": "R030", "count": 1, "text": text})
            continue
        try:
            told = question.ask(seen)
        except (TrainError, ResourceError) as error:
            # The arms have run: their report must not be lost for a question beside it.
            problem = error.problems[0]
            text = f"{question.KEY} could not be asked: {problem.text}"
            warnings.append({"code": problem.code, "count": 1, "text": text})
            continue
        if told is not None:
            found[question.KEY] = told
    if (said := found.get("contamination")) and said["suspected"]:
        warnings.append(
            {"code": "D096", "count": said["rows"]["test"], "text": contamination.sentence(said)}
        )
    return found


def sentences(found: Found) -> list[str]:
    """What was found, a sentence each."""
    return [
        line
        for question in QUESTIONS
        if question.KEY in found
        for line in question.sentences(found[question.KEY])
    ]
