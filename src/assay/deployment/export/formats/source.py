"""What a format is given, and what it gives back.

Wish    what was asked for beside the format          Base    the model that the arm was trained on
Source  one fitted arm, opened on demand              Format  one way of giving it away
Opened  what was written, asked in its own runtime

Watch out   `Source.open` loads the arm afresh each time and keeps nothing: merging changes a
            network in place
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assay.core.errors import ModelError, Problem
from assay.core.types import (
    GREEDY,
    Adapted,
    Decoding,
    Example,
    Generated,
    Gives,
    Lesson,
    Message,
    Messages,
    Precision,
    Strategy,
    Task,
    Tell,
)
from assay.models.loading.hub import HUB_NAME
from assay.strategies.prompting.prompted_arm import Prompted

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.models.tokenizer.chat_tokens import Chat


@dataclass(frozen=True)
class Wish:
    """What was asked for beside the format.

    Attributes:
        precision: that merged weights are written in.
        with_base: the base is written beside the adapter; None: where it was trained on a quantised
            one.
        into: what the adapters of a quantised base are merged into: what its codes stand for, which
            they were trained on, or the weights as they were before.
    """

    precision: Literal["fp32", "bf16"] = "fp32"
    with_base: bool | None = None
    into: Literal["dequantised", "original"] = "dequantised"


@dataclass(frozen=True)
class Base:
    """A base model as it was found. `folder` holds config, safetensors, tokenizer and chat
    template, all admitted."""

    name: str  # as the project gives it
    folder: Path
    digest: str
    note: str = ""  # what must be said about it, or ""
    licence: str = ""
    context: int = 0  # tokens, 0 where the model does not say

    @property
    def hub(self) -> tuple[str, str] | None:
        """(name on the hub, commit); None for a model that is on no hub."""
        if self.folder.parent.name == "snapshots" and HUB_NAME.fullmatch(self.name):
            return self.name.partition("@")[0], self.folder.name
        return None


@dataclass(frozen=True)
class Merged:
    """An arm whose model is a plain network of transformers, under the names that its config
    loads."""

    arm: Prompted
    model: ChatModel

    @property
    def network(self) -> Any:
        return self.model.network

    @property
    def chat(self) -> Chat:
        return self.model.chat

    @property
    def room(self) -> int:
        """Tokens that an answer may take."""
        return self.arm.room


@dataclass(frozen=True)
class ExportSource:
    """One fitted arm of a project.

    Attributes:
        key: of its fit. folder: its files as the fit left them, `adapter_config.json` among those
            of an adapter.
        lesson: without rows, opening every model in a precision: what `Strategy.restore` needs.
        examples: some questions of val, to compare tokenizers by, never to be written down.
        report: the arm's line of report.json, as plain JSON; None before there is a report.
        out: the folder that the export will have in the end; what is written goes into another one
            until it is whole.
    """

    name: str
    project: str
    strategy: Strategy
    task: Task
    key: str
    folder: Path
    base: Base
    lesson: Callable[[Precision], Lesson]
    out: Path
    wish: Wish = field(default_factory=Wish)
    examples: tuple[Example, ...] = ()
    report: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        return self.strategy.kind

    @property
    def bits(self) -> int:
        """That the base's weights were kept in while it was trained; 0: as they are, or the arm
        keeps all weights."""
        from assay.strategies.compression.compressed_arm import Shrink

        return (
            0
            if isinstance(self.strategy, Shrink)
            else int(self.strategy.model_dump().get("bits", 0))
        )

    def open(self, precision: Precision = "fp32") -> Adapted:
        """The arm, freshly loaded."""
        return self.strategy.restore(self.folder, self.lesson(precision))

    def settings(self, chat: Chat, room: int) -> dict[str, Any]:
        """`generation_config.json`: greedy, ended by the token that the arm has learnt to end with.

        Args:
            room: tokens that an answer may take.
        """
        tokenizer = chat.tokenizer
        ends = sorted({chat.end[-1], tokenizer.eos_token_id} - {None})
        known = {"bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id}
        kept = {name: value for name, value in known.items() if value is not None}
        return {"do_sample": False, "eos_token_id": ends, "max_new_tokens": room, **kept}


def find_refusal(source: ExportSource) -> Problem | None:
    """C142, why the arm has no model of its own that could be given away; None where it has one.
    What answers by a model as it comes, or by none, is another format's."""
    from assay.strategies.compression.compressed_arm import Shrink
    from assay.training.settings import Trained

    strategy, name = source.strategy, source.name
    if isinstance(strategy, Shrink):
        if strategy.chooses:
            return choosing(name)
        if strategy.is_trained:
            return None
        text = (
            f"{name} is a prompt around"
            " a smaller base; nothing that was trained could be given away"
        )
        return Problem("C142", text, name, help=ANSWER.format(name=name))
    if strategy.gives in NO_MODEL:
        what, way = NO_MODEL[strategy.gives]
        return Problem("C142", f"{name} {what}", name, help=way.format(name=name))
    if isinstance(strategy, Trained) and strategy.objective == "label_set":
        return choosing(name)
    return None


def choosing(name: str) -> Problem:
    text = f"{name} has learnt to choose among the labels; what it writes freely says nothing"
    return Problem("C142", text, name, help="train it without `objective: label_set`")


ANSWER = "assay answer PROJECT FILE --with {name} runs it"
# What strategies give that is no language model of their own, and the way out.
NO_MODEL: dict[Gives, tuple[str, str]] = {
    "index": ("is a model with an index; the model alone is another strategy", "take --to index"),
    "prompt": ("trains nothing: it is a prompt for a base as it comes", "take --to prompt"),
    "likelihoods": ("chooses by likelihoods of a base as it comes, which only assay reads", ANSWER),
    "mix": ("is a mix of strategies, which only assay puts together", ANSWER),
    "no model": ("asks no language model: there is none", ANSWER),
    "encoder": ("is an encoder, which writes nothing: there is no language model", ANSWER),
    "labels": (
        "answers with a layer of labels on the model's states; nothing outside assay reads that",
        "assay answer PROJECT FILE --with {name}; or train lora or full",
    ),
}
PROMPTED: tuple[Gives, ...] = ("model", "prompt", "index")  # strategies that send a prompt


def require_prompted(arm: Adapted, name: str) -> Prompted:
    """The arm as one that asks a chat model with a prompt; of one that was made smaller, the arm
    around its network.

    Raises:
        ModelError: M100, it answers in another way.
    """
    from assay.strategies.compression.compressed_arm import Shrunk

    if isinstance(arm, Shrunk):
        arm = arm.inner
    if isinstance(arm, Prompted):
        return arm
    text = "its answers are not what a model writes after a prompt"
    raise ModelError(Problem("M100", text, name, help=f"assay answer PROJECT FILE --with {name}"))


QUESTION = "the question"


def sample_turns(arm: Prompted) -> list[dict[str, str]]:
    """What the arm sends for a question of one turn, as transformers' chat templates and OpenAI's
    servers take it."""
    return turns_of(arm.prompt(Example("question", (Message("user", QUESTION),))))


def system_of(arm: Prompted) -> str:
    """The system turn before every question; "" where there is none."""
    first = sample_turns(arm)[0]
    return first["content"] if first["role"] == "system" else ""


def describe_turns(arm: Prompted) -> tuple[str, ...]:
    """How questions are sent, in the words of a card."""
    if not (system := system_of(arm)):
        return ("Send the questions as the user's turn, without a system turn.",)
    told = "Send the questions as the user's turn, after this system turn:"
    return (told, f"````text\n{system}\n````")


def turns_of(prompt: Messages) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content.strip()} for message in prompt]


def chat_model(arm: Prompted) -> ChatModel:
    """The model that the arm asks.

    Raises:
        ModelError: M100, it is behind an address.
    """
    from assay.models.inference.chat_model import ChatModel

    if isinstance(arm.model, ChatModel):
        return arm.model
    text = f"{arm.model.name} is behind an address: its weights are not here"
    raise ModelError(Problem("M100", text, help="take --to prompt"))


class ExportedModel(Protocol):
    """What was exported, in its own runtime. It writes greedily whatever `how` says of temperature;
    stop texts hold."""

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`. `logprob` stays None."""
        ...


def nothing() -> str:
    """Of a runtime that comes with assay: nothing is missing."""
    return ""


@dataclass(frozen=True)
class Format:
    """One way of giving an arm away.

    Attributes:
        name: as `--to` takes it. about: one line for lists.
        refuses: why this arm cannot be written so, known before a model is loaded.
        size: bytes that the folder will take, at most.
        write: fills an empty folder with everything but README.md and export.json, which are the
            same for all; gives blocks of Markdown for the card: how it is loaded and asked, and
            what is to be known.
        runtime: what `opened` runs in. opened: the folder in it; None where nothing of it answers.
        missing: that what `opened` needs is not installed, as a phrase, or "".
        limit: share of equal answers under which the export is refused; None: it is only told.
        asks: what `opened` is handed: the arm's whole prompt, or the question alone where the
            export makes the prompt.
    """

    name: str
    about: str
    refuses: Callable[[ExportSource], Iterator[Problem]]
    size: Callable[[ExportSource], int]
    write: Callable[[ExportSource, Path, Tell], tuple[str, ...]]
    runtime: str = ""
    opened: Callable[[Path], ExportedModel] | None = None
    missing: Callable[[], str] = nothing
    limit: float | None = 0.99
    asks: Literal["prompt", "question"] = "prompt"
