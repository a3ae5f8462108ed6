"""The additional checks: what is asked once the strategies have answered. `AUDITS` has all of them,
in the order in which they are run and shown; a new one is a folder, one line here, a test and a
page.

A folder has   run.py               KEY, its key in report.json and, for most, in `evaluate:`
                                    is_enabled(project, prepared)  whether it is asked in this run
                                    strategies(project, prepared)  what it fits beside the arms, so
                                                                   that their models are at hand
                                    ask(seen)                      plain JSON for report.json; None
                                                                   where nothing was to measure
                                    sentences(found)               what `assay check` and the part
                                                                   on leaks say of it; none where it
                                                                   has a section of its own
               section.py           KEY and TITLE, its heading; HOW, what to do where it was not
                                    measured, "" where nothing is missing then; blocks(report), what
                                    report.html, report.md and the terminal say of it
Costs          time: a check is left out when the time given is over, and a failed fit is a warning,
               no error
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from assay.audits import leak_cost
from assay.audits.bias import run as bias
from assay.audits.bias import section as bias_section
from assay.audits.contamination import run as contamination
from assay.audits.context import Seen
from assay.audits.forgetting import run as forgetting
from assay.audits.forgetting import section as forgetting_section
from assay.audits.human_review import run as human_review
from assay.audits.human_review import section as human_review_section
from assay.audits.learning_curve import run as learning_curve
from assay.audits.learning_curve import section as learning_curve_section
from assay.audits.llm_judge import run as llm_judge
from assay.audits.llm_judge import section as llm_judge_section
from assay.audits.mistakes import run as mistakes
from assay.audits.mistakes import section as mistakes_section
from assay.audits.other_tasks import run as other_tasks
from assay.audits.other_tasks import section as other_tasks_section
from assay.audits.policy_rules import run as policy_rules
from assay.audits.policy_rules import section as policy_rules_section
from assay.audits.robustness import run as robustness
from assay.audits.robustness import section as robustness_section
from assay.audits.update_drill import run as update_drill
from assay.audits.update_drill import section as update_drill_section
from assay.core.errors import ResourceError, TrainError
from assay.core.types import Strategy
from assay.decision.uncertainty import why_none
from assay.presentation.json_place import Place
from assay.presentation.section_spec import Block, Section
from assay.runtime.data_stage.prepare import Prepared

if TYPE_CHECKING:
    from assay.config import Project


class Question(Protocol):
    @property
    def KEY(self) -> str: ...

    def is_enabled(self, project: Project, prepared: Prepared) -> bool: ...
    def strategies(self, project: Project, prepared: Prepared) -> list[Strategy]: ...
    def ask(self, seen: Seen) -> dict[str, Any] | None: ...
    def sentences(self, found: dict[str, Any]) -> list[str]: ...


class AuditPart(Protocol):
    """Of the report: the section of a check."""

    @property
    def KEY(self) -> str: ...
    @property
    def TITLE(self) -> str: ...
    @property
    def HOW(self) -> str: ...

    def blocks(self, report: Place) -> list[Block]: ...


AUDITS: tuple[tuple[Question, AuditPart | None], ...] = (
    (leak_cost, None),
    (contamination, None),
    (policy_rules, policy_rules_section),
    (mistakes, mistakes_section),
    (robustness, robustness_section),
    (bias, bias_section),
    (other_tasks, other_tasks_section),
    (forgetting, forgetting_section),
    (human_review, human_review_section),
    (llm_judge, llm_judge_section),
    (learning_curve, learning_curve_section),
    (update_drill, update_drill_section),
)
QUESTIONS = tuple(question for question, _ in AUDITS)
SECTIONS = tuple(section for _, section in AUDITS if section)
Found = dict[str, dict[str, Any]]


def sections(data: dict[str, Any]) -> list[Section]:
    """The sections of what was asked, of report.json as it stands."""
    report = Place(data, why=why_none(data))
    return [
        Section(part.KEY, part.TITLE, part.blocks(report)) for part in SECTIONS if part.KEY in data
    ]


def beside(project: Project, prepared: Prepared) -> list[Strategy]:
    """Strategies whose models are needed for what is asked beside the arms."""
    wanted = [question for question in QUESTIONS if question.is_enabled(project, prepared)]
    return [strategy for question in wanted for strategy in question.strategies(project, prepared)]


def run_audits(
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
        if not question.is_enabled(seen.bench.project, seen.bench.prepared):
            continue
        if until is not None and until <= time.monotonic():
            text = f"{question.KEY} was not asked: the time given was over"
            warnings.append({"code": "R030", "count": 1, "text": text})
            continue
        seen.bench.tell({"event": "activity", "text": question.KEY.replace("_", " ")})
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
