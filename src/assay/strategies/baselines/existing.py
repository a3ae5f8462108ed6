"""A strategy that another project has fitted, asked as it stands: nothing is trained.

What it is for   to keep the old one: whether what is trained anew is worth it; and the beginning of
                 a training that goes on (`after:`)
Costs            nothing but the other project's own fit, which is not counted again
How              the report of the other project names what it has measured; the questions are asked
                 with the task of this project
Good when        both projects have the same base and the same kind of task
Watch out        a strategy of labels answers with the labels that it has learnt
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from assay.core.errors import Problem, TrainError
from assay.core.means import FittedArm
from assay.core.store import read_json, write_json
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    LanguageModel,
    Learner,
    Lesson,
    Messages,
    Strategy,
    Tell,
)

MANIFEST, OWN = "existing.json", "arm"  # what it is, and its own files


class Existing(Strategy):
    kind: Literal["existing"] = "existing"
    project: str  # its folder or file, from this project's folder
    strategy: str = ""  # as its report names it; "": the recommended one
    reads = ()
    neural = True
    peft = True
    unmergeable = "it belongs to another project; export it from there"

    @property
    def reference(self) -> str:
        return f"{self.project}#{self.strategy}"

    def find(self, lesson: Lesson) -> FittedArm:
        if lesson.means.existing is None:
            raise RuntimeError("this lesson knows no other projects")
        return lesson.means.existing(self.reference)

    def fit(self, lesson: Lesson) -> ExistingArm:
        """
        Raises:
            TrainError: T121, it answers another kind of task.
        """
        found = self.find(lesson)
        refuse_other_kind(self, found, lesson)
        return ExistingArm(restored(found.manifest, found.folder, lesson), found.manifest)

    def restore(self, folder: Path, lesson: Lesson) -> ExistingArm:
        manifest = read_json(folder / MANIFEST)
        return ExistingArm(restored(manifest, folder / OWN, lesson), manifest)


class ExistingArm(Adapted):
    def __init__(self, arm: Adapted, manifest: dict):
        self.arm, self.manifest = arm, manifest

    @property
    def model(self) -> LanguageModel | None:
        return self.arm.model

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return self.arm.answer(questions, tell)

    def prompt(self, question: Example) -> Messages:
        return self.arm.prompt(question)

    def save(self, folder: Path) -> None:
        (folder / OWN).mkdir(exist_ok=True)
        self.arm.save(folder / OWN)
        write_json(folder / MANIFEST, self.manifest)


def restored(manifest: dict, folder: Path, lesson: Lesson) -> Adapted:
    """What `folder` holds, asked with the lesson's task."""
    strategy = strategy_in(manifest, lesson)
    return strategy.restore(
        folder, replace(lesson, train=(), val=(), documents=(), base=manifest["base"])
    )


def method_in(found: FittedArm, lesson: Lesson) -> Strategy:
    """The strategy whose files they are; of a search the one that it chose."""
    strategy: Any = strategy_in(found.manifest, lesson)
    if strategy.kind != "search":
        return strategy
    return strategy.strategy_of(read_json(found.folder / "search.json")["values"])


def strategy_in(manifest: dict, lesson: Lesson) -> Strategy:
    make: Callable[[dict], Strategy] | None = lesson.means.make_strategy
    if make is None:
        raise RuntimeError("this lesson makes no strategies")
    return make(manifest["strategy"])


def refuse_other_kind(settings: Existing, found: FittedArm, lesson: Lesson) -> None:
    """A language model can be asked anything; what has learnt labels, numbers or places cannot."""
    kind, now = found.manifest["task"]["kind"], lesson.task.kind
    if kind != now and not strategy_in(found.manifest, lesson).reads_text:
        text = (
            f"existing: {settings.strategy or 'the strategy'} of {settings.project} answers tasks"
            f" of the kind '{kind}'; this one is of the kind '{now}'"
        )
        raise TrainError(Problem("T121", text, "strategy", "name a trained language model of it"))


def references(learner: Learner) -> Iterator[str]:
    """The strategies of other projects that it names, those inside it included."""
    if isinstance(learner, Existing):
        yield learner.reference
    for _, one in learner.inside():
        yield from references(one)
