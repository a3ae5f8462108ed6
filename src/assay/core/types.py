"""The nouns of assay. Stages pass these to each other; nothing here imports a stage.

Task      what is asked and what counts as good
Example   one row, ready to learn from
Document  unlabelled text
Lesson    all that a strategy may learn from: no test set
Means     what a step or an arm may use
Strategy  frozen settings + fit(lesson) -> Adapted
Adapted   a fitted arm: questions in, answers out
Answer    text and everything a metric may need
Record    question, target, answer of one test row
Metric    rows(records), total(column sums, n)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import core_schema

# The nouns are taken from here, whichever file of this package holds them.
from assay.core.answers import (  # noqa: F401
    GREEDY,
    Answer,
    Decoding,
    Form,
    Generated,
    LanguageModel,
    Tell,
    took,
)
from assay.core.errors import Problem
from assay.core.examples import Checks, Document, Example, Message, Messages, Role  # noqa: F401
from assay.core.means import Means
from assay.core.metric import Metric, Record  # noqa: F401
from assay.core.settings import Settings
from assay.core.steps import Augmentation, Changed, Dropped, Made, RowStep, SetStep  # noqa: F401
from assay.core.task import NOTHING, Task  # noqa: F401

Precision = Literal["auto", "bf16", "fp32"]
# Libraries: those of every arm; scikit-learn; torch and transformers in its place; and peft
Preload = Literal["floors", "words", "models", "training"]


# --- arms -----------------------------------------------------------------------------------------


class Adapted(ABC):
    """A fitted arm. It sees questions, never targets."""

    @property
    def model(self) -> LanguageModel | None:
        """What it asks; None for arms that ask no language model."""
        return None

    @abstractmethod
    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]: ...

    def answer_text(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        """As `answer`, where nothing but the text is read: scores and confidence may be rough."""
        return self.answer(questions, tell)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `Strategy.restore` needs (JSON and safetensors) into `folder`; arm.json is
        flow's."""

    def prompt(self, question: Example) -> Messages:
        """The messages that `model` is sent for this question."""
        return question.messages


class Learner(Settings, ABC):
    """What is fitted on a lesson: a strategy, or a part of one. Fitted by `lesson.fit`, it is a
    cached stage."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    # Parts of the lesson that its key covers. Where its settings decide, a property takes the place
    # of the constant, which no type checker allows for.
    reads: ClassVar[tuple[str, ...]] = ("train",)
    # True when the task's metric decides something in its fit, though it reads no val rows
    judges: ClassVar[bool] = False
    reads_policy: ClassVar[bool] = False  # True where it is told the task's policy
    # False where documents are read only if the rows have no passages of their own
    needs_documents: ClassVar[bool] = True
    # True when the arm's weights or answers depend on the numeric environment (a neural model runs)
    neural: ClassVar[bool] = False
    # True when its fit or its answers need peft, or, without a neural model, scikit-learn
    peft: ClassVar[bool] = False
    sklearn: ClassVar[bool] = False
    # Distributions whose versions it depends on, beside those of every neural model; `FORMED`
    # counts where answers have a form, `COMPILER` is none. A property where settings decide.
    libraries: ClassVar[tuple[str, ...]] = ()
    # of settings worth a search, as a project writes them: what `search: auto` takes
    usual_ranges: ClassVar[Mapping[str, Any]] = {}
    # settings that may change while a training goes on from its state
    mutable_settings: ClassVar[tuple[str, ...]] = ()
    # True when another seed gives another arm: what `seeds` of the project fits several times
    seeded: ClassVar[bool] = False

    @property
    def draws(self) -> bool:
        """Whether it, or what stands inside it, changes with the seed."""
        return self.seeded or any(value.draws for _, value in self.inside())

    @property
    def metric_dependent(self) -> bool:
        """Whether the task's metric decides something in its fit, or in that of what stands inside
        it."""
        return (
            self.judges
            or "val" in self.reads
            or any(value.metric_dependent for _, value in self.inside())
        )

    @property
    def preload(self) -> Preload:
        """What the process that fits it should have imported, so that it need not import it for
        itself."""
        light: Preload = "words" if self.sklearn else "floors"
        own: Preload = "training" if self.peft else "models" if self.neural else light
        levels: tuple[Preload, ...] = (own, *(value.preload for _, value in self.inside()))
        return max(levels, key=get_args(Preload).index)

    def inside(self) -> Iterator[tuple[str, Learner]]:
        """The strategies and parts that its settings name, each with its setting."""
        for name, value in self:
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Learner):
                    yield name, one

    def needs(self, base: str) -> tuple[str, ...]:
        """Names of the models that must be at hand, sentence encoders among them, `base` being the
        project's."""
        return ()

    def encoders(self) -> tuple[str, ...]:
        """Those of `needs` that are sentence encoders, of what stands inside it too."""
        return tuple(dict.fromkeys(name for _, part in self.inside() for name in part.encoders()))

    @abstractmethod
    def fit(self, lesson: Lesson) -> Any: ...

    @abstractmethod
    def restore(self, folder: Path, lesson: Lesson) -> Any:
        """What the fit gave, from the folder it was saved in. `lesson` has no rows then."""


class Kept(ABC):
    """What the fit of a `Part` gives. Its own methods are those of its place: see `prompt/`."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `Part.restore` needs (JSON and safetensors) into `folder`."""


class Part(Learner):
    """A fitted piece of a strategy that answers no question by itself: an encoder, a reranker.
    `fit` gives a `Kept`."""


# What a fitted arm is to whoever is given it: a model, a prompt, a model with an index, a
# mix of arms, an encoder, a layer of labels on a model's states, a choice by a model's likelihoods
Gives = Literal["model", "prompt", "index", "mix", "encoder", "labels", "likelihoods", "no model"]


class Strategy(Learner):
    """One way of making the specialist: frozen settings and `fit`. What it can do is said here and
    in its own class, in class variables: no other module lists kinds by name."""

    name: str = ""  # the arm's name; derived from kind and settings when empty
    # True where no language model is trained or asked: what the others must beat to be worth it
    baseline: ClassVar[bool] = False
    # True where it can say how likely a text is, as tasks of the kind `continue` ask. A property
    # where settings decide.
    reads_text: ClassVar[bool] = False
    # True where what was trained can become part of the base's weights; else why it cannot
    mergeable: ClassVar[bool] = False
    unmergeable: ClassVar[str] = "it is no adapter; name the trained strategy inside it"
    gives: ClassVar[Gives] = "model"
    discards_parts: ClassVar[bool] = False  # what it fits inside is tried, and not kept
    # what it does to the model that it needs, where a model behind an address would not do
    does: ClassVar[str] = ""

    def belongs_elsewhere(self, task: Task) -> str:
        """Why it only makes sense for other kinds of task, to be read after its kind; empty where
        it does not."""
        return ""

    def unfit(self, task: Task) -> Iterable[Problem]:
        """Why this arm cannot do the task, whatever its model is."""
        return ()

    @abstractmethod
    def fit(self, lesson: Lesson) -> Adapted: ...

    @abstractmethod
    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        """The arm that `Adapted.save(folder)` wrote: it must give the same answers. `lesson` has no
        rows then."""


@dataclass(frozen=True)
class Lesson:
    """All that a strategy may learn from. There is no test set in it."""

    task: Task
    train: tuple[Example, ...] = ()
    val: tuple[Example, ...] = ()
    documents: tuple[Document, ...] = ()
    base: str = ""  # the base model's name, as the project gives it
    # Label -> rows of train before some were set aside or made: how frequent it is. Empty: as in
    # `train`.
    base_rates: Mapping[str, int] = field(default_factory=dict)
    # Rows of which only an answer is known that is not wanted: `rejected`, and no target
    unwanted: tuple[Example, ...] = ()
    # Folder of an arm of the same settings, whose trained weights a training goes on from (see
    # `Trained.continues`)
    start: Path | None = None
    means: Means = field(default_factory=Means)
    # score of an arm on some val rows by the task's own metric, higher is better
    score: Callable[[Adapted, Sequence[Example]], float] = field(
        default=lambda adapted, rows: float("nan")
    )
    # the same of answers that are there already; rows with their targets
    judge: Callable[[Sequence[Example], Sequence[Answer]], float] = field(
        default=lambda rows, answers: float("nan")
    )
    # fits an inner arm, or a part, as its own cached stage (its cost is then listed as a part)
    fit: Callable[[Any, Lesson], Any] = field(default=lambda learner, lesson: learner.fit(lesson))

    @property
    def seed(self) -> int:
        return self.means.seed

    @property
    def workdir(self) -> Path:
        """The arm's own folder; what is written here survives a kill."""
        return self.means.workdir

    @property
    def tell(self) -> Tell:
        return self.means.tell

    def open_base(self, name: str = "", precision: Precision = "auto") -> LanguageModel:
        """The lesson's model, or another one, freshly loaded; "auto" is the precision that suits
        the machine."""
        if self.means.open_model is None:
            raise RuntimeError("this lesson has no models to open")
        how = [] if precision == "auto" else [precision]
        return self.means.open_model(name or self.base, *how)


class _Nested:
    """The type of a setting that is a mapping with a kind. Its validator takes what makes one from
    pydantic's validation context, under `MAKE`, so that no stage imports the stages to its
    right."""

    MAKE: ClassVar[str]
    TYPE: ClassVar[type[Learner]]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def build(value: Any, info: ValidationInfo) -> Learner:
            if isinstance(value, cls.TYPE):
                return value
            make = (info.context or {}).get(cls.MAKE)
            if make is None:
                raise ValueError("a nested setting needs the list of kinds")
            return make(value, info.context)

        return core_schema.with_info_plain_validator_function(
            build,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda learner: {"kind": learner.kind, **learner.non_defaults()}
            ),
        )


class _Inner(_Nested):
    MAKE, TYPE = "make_strategy", Strategy


class _Piece(_Nested):
    MAKE, TYPE = "make_part", Part


if TYPE_CHECKING:
    Inner = Strategy
    Piece = Part
else:
    Inner = _Inner
    Piece = _Piece
