"""Where a training begins that goes on from the weights of another strategy (`after`).

same method         its weights are read, and go on
full after another  what the other trained is merged into the base, and all of it goes on
lora beside lora    where ranks or layers differ, or a remedy asks for it: what is there stays as it
                    is, and a fresh adapter beside it learns (`lora_beside.py`)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, TrainError
from assay.core.means import FittedArm
from assay.core.types import Lesson, Strategy
from assay.strategies.baselines.existing import Existing, method_in
from assay.training.settings import Trained

# Settings of a method that may differ where its weights go on: they say how it is trained
FREE = frozenset(Trained.model_fields) | {
    *("name", "after", "retain", "together", "mix", "plus", "dropout"),
}


@dataclass(frozen=True)
class Earlier:
    """What `after` has fitted.

    Attributes:
        core: the method whose weights it has saved. folder: of its files.
    """

    core: Any
    folder: Path


def find_earlier(settings: Trained, after: Strategy, lesson: Lesson) -> Earlier:
    """
    Raises:
        TrainError: T120, it has no weights that could be gone on from; T122, another base.
    """
    if not isinstance(after, Existing):
        folder = lesson.workdir / "after"
        if not (folder / "tuned.json").exists():  # it is written last
            means = replace(lesson.means, workdir=lesson.workdir / "before")
            folder.mkdir(parents=True, exist_ok=True)
            lesson.fit(after, replace(lesson, start=None, means=means)).save(folder)
        return Earlier(after.core, folder)  # type: ignore[attr-defined]
    found = after.find(lesson)
    core = getattr(method_in(found, lesson), "core", None)
    if not isinstance(core, Trained):
        raise unable(settings, f"{found.manifest['strategy']['kind']} of {after.project}")
    theirs, own = core.model or found.manifest["base"], settings.model or lesson.base
    if theirs != own:
        text = f"{settings.kind} of {own} cannot go on from weights of {theirs}"
        raise TrainError(Problem("T122", text, "after", f"set the base to {theirs}"))
    return Earlier(core, found.folder)


def tasks_before(after: Strategy | None, lesson: Lesson) -> list[FittedArm]:
    """Of other projects, those that have been learnt: the first one first."""
    return after.find(lesson).tasks if isinstance(after, Existing) else []


def differing(one: Trained, two: Trained) -> list[str]:
    """Settings of a method that say how large its weights are, and what they mean."""
    names = type(two).model_fields
    return [name for name in names if name not in FREE and getattr(one, name) != getattr(two, name)]


def unable(settings: Trained, what: str) -> TrainError:
    text = f"{settings.kind} with these settings cannot go on from the weights of {what}"
    way = "take the same method with the same rank and layers, or full, which goes on from any"
    return TrainError(Problem("T120", text, "after", way))
