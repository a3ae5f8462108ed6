"""What speaks against the scores: what leaks have cost, and whether the base has read the test rows before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from assay import contamination, leak_cost
from assay.bench import Bench
from assay.errors import ResourceError, TrainError
from assay.nouns import Strategy
from assay.prepared import Prepared

if TYPE_CHECKING:
    from assay.config import Project
    from assay.validate import Exam


def beside(project: Project, prepared: Prepared) -> list[Strategy]:
    """Strategies whose models are needed for what `validate` asks beside the arms."""
    from assay.prompt.shots import Shots

    leaked = leak_cost.wanted(project, prepared)
    return [*([leaked] if leaked else []), *([Shots(k=0)] if project.checking.contamination else [])]


def doubted(
    bench: Bench, exam: Exam, warnings: list[dict[str, Any]], until: float | None = None
) -> dict[str, dict[str, Any]]:
    """What speaks against the scores: "leak_cost" and "contamination", each where it is asked for and there is time.

    Raises:
        AssayError: as the workers; a failed fit is a warning.
    """
    found: dict[str, dict[str, Any]] = {}
    if until is not None and until <= time.monotonic():
        return found
    try:
        if strategy := leak_cost.wanted(bench.project, bench.prepared):
            found["leak_cost"] = leak_cost.leak_cost(bench, exam, strategy)
        if bench.project.checking.contamination:
            found["contamination"] = contamination.contamination(bench)
    except (TrainError, ResourceError) as error:
        # The arms have run: their report must not be lost for a question beside it.
        problem = error.problems[0]
        warnings.append({"code": problem.code, "count": 1, "text": f"asked beside the arms: {problem.text}"})
    if (said := found.get("contamination")) and said["suspected"]:
        warnings.append({"code": "D096", "count": said["rows"]["test"], "text": contamination.sentence(said)})
    return found


def doubt_lines(doubts: dict[str, dict[str, Any]]) -> list[str]:
    """The sentences of `flow.doubted`."""
    cost = leak_cost.sentences(doubts["leak_cost"]) if "leak_cost" in doubts else []
    return cost + ([contamination.sentence(doubts["contamination"])] if "contamination" in doubts else [])
