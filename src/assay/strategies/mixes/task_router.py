"""A strategy for each task, and a router that says by a question's words which task it is of.

What it is for   several tasks behind one door, each kept by the strategy that learnt it: none is
                 forgotten, and a new task changes none of the others
Costs            the strategy of this project, and a linear model over the training rows of all
                 tasks. Each strategy keeps a base of its own in memory; an answer costs one of them
Source           an adapter a task with a router: Zhao et al. (2024), LoraRetriever,
                 arxiv.org/abs/2402.09997; against one model for all: Caruana (1997), Multitask
                 learning, doi.org/10.1023/A:1007379606734
Good when        tasks differ in their questions
Watch out        where two tasks ask about the same texts no router can tell them apart. A question
                 that is sent to another task's strategy is answered in that task's words, and so is
                 wrong
Defaults from    by: tfidf, which takes seconds and tells topics apart
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from assay.core.store import read_json, write_json
from assay.core.types import (
    Adapted,
    Answer,
    Example,
    Inner,
    LanguageModel,
    Lesson,
    Messages,
    Strategy,
    Task,
    Tell,
)
from assay.strategies.baselines.existing import Existing, restored
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.training.old_rows import rows_of

OWN, BY, OTHER, NOTE = "inner", "by", "other", "task_router.json"  # its files


class TaskRouter(Strategy):
    kind: Literal["task_router"] = "task_router"
    gives = "mix"
    inner: Inner  # of this project
    together: tuple[Inner, ...] = Field(min_length=1, max_length=15)  # of other projects
    by: Inner = Tfidf()  # says which task a question is of: a strategy for labels
    reads = ("train", "val", "documents")
    needs_documents = False  # of its own; what stands inside it says so itself
    neural = True
    sklearn = True

    @model_validator(mode="after")
    def _possible(self) -> TaskRouter:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        if other := [one.kind for one in self.together if not isinstance(one, Existing)]:
            yield f"together: {other[0]} is no strategy of another project; name its folder"
        if isinstance(self.inner, Existing):
            yield "inner: it is the strategy of this project; name the other one in `together`"

    def needs(self, base: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.inner.needs(base), *self.by.needs(base)]))

    def fit(self, lesson: Lesson) -> RoutedTasks:
        """
        Raises:
            TrainError: T123, the training rows of a task are gone.
        """
        own = lesson.fit(self.inner, lesson)
        found = [one.find(lesson) for one in self.together if isinstance(one, Existing)]
        arms = [(arm.manifest, restored_own(arm.manifest, arm.folder, lesson)) for arm in found]
        rows = [lesson.train, *map(rows_of, found)]
        by = lesson.fit(self.by, routing_lesson(lesson, rows))
        return RoutedTasks(own, lesson.task, arms, by)

    def restore(self, folder: Path, lesson: Lesson) -> RoutedTasks:
        saved = read_json(folder / NOTE)
        task = Task.model_validate(saved["task"])
        own = self.inner.restore(folder / OWN, replace(lesson, task=task))
        arms = [
            (manifest, restored_own(manifest, folder / f"{OTHER}-{number}", lesson))
            for number, manifest in enumerate(saved["others"], 1)
        ]
        names = routing_task(len(arms) + 1)
        by = self.by.restore(folder / BY, replace(lesson, task=names))
        return RoutedTasks(own, task, arms, by)


class RoutedTasks(Adapted):
    """
    Args:
        task: of this project. others: what another project's arm.json says, and the arm.
        by: answers with the number of a task; 0 is this project's.
    """

    def __init__(
        self, own: Adapted, task: Task, others: Sequence[tuple[dict, Adapted]], by: Adapted
    ):
        self.own, self.task, self.others, self.by = own, task, others, by

    @property
    def model(self) -> LanguageModel | None:
        return self.own.model

    def prompt(self, question: Example) -> Messages:
        return self.own.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        routed = [int(said.text or 0) for said in self.by.answer(questions)]
        arms = [self.own, *(arm for _, arm in self.others)]
        found: dict[int, Answer] = {}
        for number, arm in enumerate(arms):
            places = [at for at, one in enumerate(routed) if one == number]
            some = arm.answer([questions[at] for at in places], tell) if places else []
            name = "this task" if number == 0 else f"task {number} of together"
            found |= {at: replace(answer, by=name) for at, answer in zip(places, some, strict=True)}
        return [found[at] for at in range(len(questions))]

    def save(self, folder: Path) -> None:
        parts = {OWN: self.own, BY: self.by}
        parts |= {f"{OTHER}-{number}": arm for number, (_, arm) in enumerate(self.others, 1)}
        for name, arm in parts.items():
            (folder / name).mkdir(exist_ok=True)
            arm.save(folder / name)
        others = [manifest for manifest, _ in self.others]
        write_json(folder / NOTE, {"task": self.task.model_dump(mode="json"), "others": others})


def restored_own(manifest: dict, folder: Path, lesson: Lesson) -> Adapted:
    """The other project's arm, asked in its own words."""
    return restored(manifest, folder, replace(lesson, task=Task.model_validate(manifest["task"])))


def routing_task(count: int) -> Task:
    """Which of `count` tasks a question is of, as a task with labels."""
    return Task(kind="classify", labels=tuple(map(str, range(count))))


def routing_lesson(lesson: Lesson, rows: Sequence[Sequence[Example]]) -> Lesson:
    """The training rows of all tasks, each with the number of its task as its label."""
    train = tuple(
        replace(row.question, id=f"{number}-{row.id}", target=str(number))
        for number, some in enumerate(rows)
        for row in some
    )
    return replace(
        lesson, task=routing_task(len(rows)), train=train, val=(), documents=(), base_rates={}
    )
