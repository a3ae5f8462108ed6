"""The nouns of assay. Stages pass these to each other; nothing here imports a stage.

Task      what is asked and what counts as good        Example   one row, ready to learn from
Document  unlabelled text                              Lesson    all that a strategy may learn from: no test set
Means     what a step or an arm may use                Strategy  frozen settings + fit(lesson) -> Adapted
Adapted   a fitted arm: questions in, answers out      Answer    text and everything a metric may need
Record    question, target, answer of one test row     Metric    rows(records), total(column sums, n)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from assay.rows import Document, Example, Message, Messages, Role  # noqa: F401  (passed on: the nouns are taken from here)

Tell = Callable[[dict], None]  # progress events: plain JSON objects with a key "event"
Precision = Literal["auto", "bf16", "fp32"]


class Settings(BaseModel):
    """Frozen settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def changed(self) -> dict[str, Any]:
        """The settings that differ from their defaults, as plain JSON: what names an arm and keys the cache."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Task(Settings):
    """What the model is asked to do. `labels` is filled in from the data when the file leaves it out."""

    kind: Literal["classify", "answer", "extract"] = "classify"
    instruction: str = ""
    labels: tuple[str, ...] = ()
    metric: str = ""
    slices: tuple[str, ...] = ()
    max_answer_tokens: int = 0  # 0: derived from the longest training target


# --- what curation yields -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """The row goes on, changed. `reason` is a short phrase that groups well in the ledger."""

    example: Example
    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The row ends here. `kept` is the id of the row that stands for it, when there is one."""

    example: Example
    reason: str
    kept: str = ""


class RowStep(Settings, ABC):
    """Looks at one row at a time; may run in parallel."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    always: ClassVar[bool] = False  # also applied to incoming questions when an arm serves
    needs: ClassVar[tuple[str, ...]] = ()  # fields of Means that must be there: "embed", "generate", "key"

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says so here."""
        return self.needs

    @abstractmethod
    def one(self, example: Example, means: Means) -> Example | Changed | Dropped: ...

    def many(self, examples: Iterable[Example], means: Means) -> Iterator[Example | Changed | Dropped]:
        """`one` for each row, in order. A step that asks a model overrides this to give it some rows at once."""
        for example in examples:
            yield self.one(example, means)


class SetStep(Settings, ABC):
    """Looks at all rows; yields each row once, in order."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ()  # fields of Means that must be there: "embed", "generate", "key"

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says so here."""
        return self.needs

    @abstractmethod
    def apply(self, examples: Sequence[Example], means: Means) -> Iterator[Example | Changed | Dropped]: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A training row that no file holds. `parents` are the ids of what it was made from."""

    example: Example
    parents: tuple[str, ...]  # or of the documents
    reason: str  # a short phrase that groups well in the ledger


class Augmentation(Settings, ABC):
    """Makes training rows from training rows; it runs after the split and never sees another one."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    VERSION: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ()  # fields of Means that must be there: "embed", "generate", "documents"
    tasks: ClassVar[tuple[str, ...]] = ()  # the kinds of task that it makes rows for; empty: all

    def wants(self) -> tuple[str, ...]:
        """What of `needs` these settings use; a step that uses a model with some settings only says so here."""
        return self.needs

    @abstractmethod
    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made | Dropped]:
        """The new rows, in a fixed order, with ids that are unique and name their parent. A training row that is
        yielded as `Dropped` is set aside. Source, group and slices of a new row are set by who calls this."""


# --- models and arms ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Generated:
    text: str
    prompt_tokens: int
    tokens: int
    truncated: bool  # ended by max_tokens, not by the model


@runtime_checkable
class LanguageModel(Protocol):
    """A chat model that answers. `stage` model/ implements it; floors have none."""

    name: str

    def count_tokens(self, messages: Messages) -> int: ...

    def generate(self, prompts: Sequence[Messages], *, max_tokens: int, tell: Tell | None = None) -> list[Generated]:
        """Greedy answers, in the order of `prompts`."""
        ...

    def score(self, prompts: Sequence[Messages], options: Sequence[str], *, tell: Tell | None = None) -> Any:
        """Natural-log likelihood of each option as the whole answer, end of turn included; (prompts, options)."""
        ...

    def stream(self, prompt: Messages, *, max_tokens: int) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer and everything that a metric or a report may need, so that nothing is computed again."""

    text: str | None  # parsed; None when it could not be parsed
    raw: str = ""
    scores: tuple[float, ...] = ()  # one per label, log-likelihood or log-probability
    confidence: float | None = None  # share of the chosen label among the labels, or None
    passages: tuple[str, ...] = ()  # ids of the retrieved passages, best first
    prompt_tokens: int = 0
    tokens: int = 0  # generated
    truncated: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in self.__slots__}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Answer:
        lists: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
        return cls(**lists)


@dataclass(frozen=True)
class Means:
    """What a step or an arm may use. Flow hands it in: a left stage can use a right one without importing it."""

    seed: int = 0
    workdir: Path = Path()
    tell: Tell = field(default=lambda event: None)
    embed: Callable[[Sequence[str]], Any] | None = None  # texts -> float32 (n, width), rows of length 1
    # (prompts, max_tokens) -> greedy answers; the project's base model, in a process of its own
    generate: Callable[[Sequence[Messages], int], list[str]] | None = None
    key: bytes = b""  # secret that pseudonyms are made with; empty where no step asks for one
    documents: Sequence[Document] = ()  # the project's, but for those that val and test rows were made from
    open_model: Callable[..., LanguageModel] | None = None  # (name, precision="auto") -> freshly loaded model


class Adapted(ABC):
    """A fitted arm. It sees questions, never targets."""

    @property
    def model(self) -> LanguageModel | None:
        """What it asks; None for arms that ask no language model."""
        return None

    @abstractmethod
    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]: ...

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `Strategy.restore` needs (JSON and safetensors) into `folder`; arm.json is flow's."""

    def prompt(self, question: Example) -> Messages:
        """The messages that `model` is sent for this question."""
        return question.messages


class Strategy(Settings, ABC):
    """One way of making the specialist: frozen settings and `fit`."""

    kind: Any  # a subclass narrows it to Literal["its name"]
    name: str = ""  # the arm's name; derived from kind and settings when empty
    VERSION: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("train",)  # parts of the lesson that its key covers
    # True when the arm's weights or answers depend on the numeric environment (a neural model runs)
    neural: ClassVar[bool] = False

    def needs(self, base: str) -> tuple[str, ...]:
        """Names of the models that must be at hand, `base` being the project's."""
        return ()

    @abstractmethod
    def fit(self, lesson: Lesson) -> Adapted: ...

    @abstractmethod
    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        """The arm that `Adapted.save(folder)` wrote: it must give the same answers. `lesson` has no rows then."""


@dataclass(frozen=True)
class Lesson:
    """All that a strategy may learn from. There is no test set in it."""

    task: Task
    train: tuple[Example, ...] = ()
    val: tuple[Example, ...] = ()
    documents: tuple[Document, ...] = ()
    base: str = ""  # the base model's name, as the project gives it
    means: Means = field(default_factory=Means)
    # score of an arm on some val rows by the task's own metric, higher is better
    score: Callable[[Adapted, Sequence[Example]], float] = field(default=lambda adapted, rows: float("nan"))
    # fits an inner arm as its own cached stage (its cost is then listed as a part)
    fit: Callable[[Strategy, Lesson], Adapted] = field(default=lambda strategy, lesson: strategy.fit(lesson))

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
        """The lesson's model, or another one, freshly loaded; "auto" is the precision that suits the machine."""
        if self.means.open_model is None:
            raise RuntimeError("this lesson has no models to open")
        return self.means.open_model(name or self.base, *([] if precision == "auto" else [precision]))


class _Inner:
    """The type of `inner:`. Its validator takes the kinds from pydantic's validation context,
    `{"strategies": (class, ...)}`, so that no stage imports the stages to its right."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def build(value: Any, info: ValidationInfo) -> Strategy:
            if isinstance(value, Strategy):
                return value
            make = (info.context or {}).get("make_strategy")
            if make is None:
                raise ValueError("an inner strategy needs the list of kinds")
            return make(value, info.context)

        return core_schema.with_info_plain_validator_function(
            build,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda strategy: {"kind": strategy.kind, **strategy.changed()}
            ),
        )


if TYPE_CHECKING:
    Inner = Strategy
else:
    Inner = _Inner

# --- judging --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """What a metric reads: one test row with its answer."""

    question: Example
    target: str
    also: tuple[str, ...]
    answer: Answer


class Metric(ABC):
    """A number over test rows. `rows` gives one line of columns per record; `total` turns column sums into the value,
    so that bootstrap draws and slices of any metric are one matrix product."""

    name: str
    higher_is_better: bool = True

    @abstractmethod
    def rows(self, records: Sequence[Record], task: Task) -> Any:
        """float64 array, shape (records, columns)."""

    @abstractmethod
    def total(self, sums: Any, n: Any) -> Any:
        """The value from column sums (..., columns) over n rows (...,). Vectorised over leading axes."""
