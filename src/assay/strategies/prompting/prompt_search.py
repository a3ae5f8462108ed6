"""Find better words for a prompt: candidates are asked val rows, for a fixed number of calls.

What it is for   what prompt engineering reaches, without trying by hand
Costs            `calls` prompts are asked while it is fitted; an answer costs what the found prompt
                 is long
Source           Zhou et al. (2023), Large Language Models are Human-Level Prompt Engineers,
                 arxiv.org/abs/2211.01910; Khattab et al. (2024), DSPy, arxiv.org/abs/2310.03714;
                 Jamieson, Talwalkar (2016), arXiv 1502.07943
Good when        there are 100 val rows or more, and the base already does part of the task
Labels           what a prompt prefers by itself can be taken away from their scores (batch
                 calibration): see search/objective.py
Watch out        the best of many on val looks better there than it is: the test rows say what it
                 gained
Defaults from    2,000 calls are minutes on a small local base; on 200 val rows a share is known to
                 seven points
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from assay.core.errors import Problem, TrainError, did_you_mean
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json, write_text
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
from assay.models.environment import FORMED
from assay.models.loading.catalogue import EMBEDDER
from assay.strategies.prompting.few_shot_arm import ShotsAnswers
from assay.strategies.prompting.prompt_file import (
    FILE,
    Prompt,
    Solved,
    examples_of,
    format_prompt_file,
    read_prompt,
)
from assay.strategies.prompting.prompt_swap import Stand, prompting, replace_shots, shots_in
from assay.strategies.prompting.search.search_plan import (
    PromptSearchResult,
    SearchPlan,
    search_prompt,
)
from assay.tasks.kinds import instruction_of
from assay.tasks.prompt_format import Wording

FOUND = "wording.json"


class WordingSearch(Strategy):
    kind: Literal["prompt_search"] = "prompt_search"
    gives = "prompt"
    VERSION: ClassVar[int] = 2
    inner: Inner  # shots, or other arms around shots
    calls: int = Field(default=2000, ge=1, le=1_000_000)  # prompts that may be asked
    search: Literal["halving", "random"] = "halving"
    hands: tuple[Wording, ...] = ()  # wordings given by hand, beside the inner arm's
    # of val that the last candidates are asked, at most
    rows: int = Field(default=200, ge=1, le=100_000)
    # training rows asked, to show those that the base can do
    bootstrap: int = Field(default=64, ge=0, le=10_000)
    proposals: int = Field(default=8, ge=0, le=1000)  # instructions that a model is asked for
    proposer: str = ""  # the model that writes them; the inner arm's when empty
    # of labels: answers are also read without what a prompt prefers
    calibrate: Literal["none", "batch"] = "batch"
    # candidates may choose their examples for each question, with the sentence encoder
    similar: bool = True
    # a file that was exported: it is used as it is, and nothing is searched
    prompt: Prompt | None = None
    neural = True
    seeded = True
    libraries = (FORMED, "scikit-learn", "scipy")

    needs_documents = False  # of its own; what stands inside it says so itself

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        """Train and val, and what the inner arm reads."""
        return tuple(dict.fromkeys(("train", "val", *self.inner.reads)))

    @field_validator("prompt", mode="before")
    @classmethod
    def _from_file(cls, value: Any, info: ValidationInfo) -> Any:
        """A path is read here, so that the arm's key is made from what the file says, and no worker
        needs the file."""
        if isinstance(value, str):
            return read_prompt((info.context or {}).get("folder", Path()) / value)
        return value

    @model_validator(mode="after")
    def _has_a_prompt(self) -> "WordingSearch":
        shots_in(self.inner)
        return self

    @property
    def final(self) -> Strategy:
        """The inner strategy as it will be asked; before a search that is the one given."""
        return (
            self.inner if self.prompt is None else replace_shots(self.inner, prompting(self.prompt))
        )

    @property
    def asks(self) -> int:
        """Prompts that the fit asks, at most."""
        return self.calls if self.prompt is None else 0

    def needs(self, base: str) -> tuple[str, ...]:
        proposing = (self.proposer,) if self.proposer and self.prompt is None else ()
        return tuple(dict.fromkeys((*self.final.needs(base), *proposing, *self.encoders())))

    def encoders(self) -> tuple[str, ...]:
        near = (
            (EMBEDDER,) if self.prompt is None and self.similar and shots_in(self.inner).k else ()
        )
        return tuple(dict.fromkeys((*self.final.encoders(), *near)))

    def unfit(self, task: Task) -> Iterator[Problem]:
        for label in self.prompt.shifts if self.prompt else ():
            if label not in task.labels:
                hint = (
                    did_you_mean(label, task.labels) if task.labels else "; the task has no labels"
                )
                yield Problem(
                    "T081",
                    f"prompt_search: shifts: there is no label '{label}'{hint}",
                    help="leave it out",
                )

    def fit(self, lesson: Lesson) -> "WordingAnswers":
        need_rows("prompt_search", lesson)
        if self.prompt is not None:
            _, train = examples_of(self.prompt, lesson.train)
            stand = Stand(self.inner, replace(lesson, train=train))
            if self.prompt.shifts and not stand.scores:
                text = (
                    "prompt_search: the prompt has `shifts`, and the model gives no scores of"
                    " labels to shift"
                )
                raise TrainError(
                    Problem("T084", text, "prompt", "leave `shifts` out of the prompt's file")
                )
            found = PromptSearchResult(
                self.prompt, False, "the prompt was given: nothing was searched", {}
            )
        else:
            stand = Stand(self.inner, lesson)
            found = search_prompt(self._plan, stand, lesson)
        stand.put(found.prompt)
        return WordingAnswers(
            stand.arm, replace(found, prompt=freeze_examples(found.prompt, stand)), lesson
        )

    @property
    def _plan(self) -> SearchPlan:
        return SearchPlan(
            self.calls,
            self.search,
            self.rows,
            self.bootstrap,
            self.proposals,
            self.proposer,
            self.hands,
            self.calibrate != "none",
            self.similar,
        )

    def restore(self, folder: Path, lesson: Lesson) -> "WordingAnswers":
        kept = read_json(folder / FOUND)
        found = PromptSearchResult(
            Prompt.model_validate(kept["prompt"]), kept["better"], kept["said"], kept["numbers"]
        )
        inner = replace_shots(self.inner, prompting(found.prompt)).restore(folder / "inner", lesson)
        return WordingAnswers(inner, found, lesson)


def freeze_examples(prompt: Prompt, stand: Stand) -> Prompt:
    """The prompt with its examples written down, where they are the same for every question."""
    arm = stand.slot.arm
    if prompt.examples or not isinstance(arm, ShotsAnswers) or arm.vectors is not None:
        return prompt
    return Prompt(
        wording=prompt.wording, examples=tuple(map(Solved.of, arm.pool)), shifts=prompt.shifts
    )


class WordingAnswers(Adapted):
    """The inner arm with the found prompt. `found` says how it was found."""

    def __init__(self, inner: Adapted, found: PromptSearchResult, lesson: Lesson):
        self.inner = inner
        self.found = found
        self._own = instruction_of(lesson.task)

    @property
    def model(self) -> LanguageModel | None:
        return self.inner.model

    def prompt(self, question: Example) -> Messages:
        return self.inner.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return self.inner.answer(questions, tell)

    def save(self, folder: Path) -> None:
        found = self.found
        kept = {"said": found.said, "better": found.better, "numbers": found.numbers}
        write_json(
            folder / FOUND,
            {"prompt": found.prompt.model_dump(mode="json", exclude_defaults=True), **kept},
        )
        write_json(folder / "note.json", {"notes": [f"{found.said}."]})
        write_text(folder / FILE, format_prompt_file(found.prompt, self._own, f"{found.said}."))
        self.inner.save(folder / "inner")
