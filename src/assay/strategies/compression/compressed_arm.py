"""What the ways of making a fitted arm smaller share: its network as a plain one, and the arm
around the result.

How              the inner arm is fitted as any other; adapters go into the weights in fp32; then
                 the network is changed. What is kept is the whole network, as it is asked: of the
                 base, the folder needs config and tokenizer alone
Inner arms       trained ones whose weights can be merged, blends of them, and `shots`: the base
                 with a prompt. Retrieval and other arms around an arm stand outside: {kind: rag,
                 inner: {kind: quantise, inner: ...}}
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from assay.core.errors import ModelError, Problem, TrainError
from assay.core.store import read_json, write_json, write_tensors
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
from assay.strategies.mixes.blend import Blend, Blending
from assay.strategies.prompting.prompted_arm import Prompted
from assay.training.settings import Trained

if TYPE_CHECKING:
    import torch

    from assay.models.inference.chat_model import ChatModel
    from assay.strategies.training.trained_arm import Tuned
    from assay.training.training_data import Objective

WEIGHTS, RECORD = "weights.safetensors", "shrunk.json"


class Shrink(Strategy):
    """A strategy that makes the network of `inner` smaller."""

    inner: Inner  # a trained arm, or shots
    does = "made smaller"
    neural = True

    @model_validator(mode="after")
    def _in_order(self) -> Shrink:
        if isinstance(self.inner, Shrink) and self.inner.kind == "quantise":
            raise ValueError(
                f"weights are rounded last; write {{kind: quantise, inner: {{kind: {self.kind},"
                f" ...}}}}"
            )
        return self

    needs_documents = False  # of its own; what stands inside it says so itself

    @property
    def reads(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        return self.inner.reads

    @property
    def core(self) -> Strategy:
        """The innermost strategy: what was trained, or is asked with a prompt."""
        return self.inner.core if isinstance(self.inner, Shrink) else self.inner

    @property
    def chooses(self) -> bool:
        """Whether what was trained has learnt to choose among the labels, and not to write."""
        core = self.core.inners[0] if isinstance(self.core, Blend) else self.core
        return isinstance(core, Trained) and core.objective == "label_set"

    @property
    def reads_text(self) -> bool:  # pyrefly: ignore[bad-override]
        return self.core.reads_text

    @property
    def is_trained(self) -> bool:
        """Whether it is asked as a trained arm is, by the question alone."""
        if isinstance(self.inner, Shrink):
            return self.inner.is_trained
        return isinstance(self.inner, Trained | Blend)

    def needs(self, base: str) -> tuple[str, ...]:
        return self.inner.needs(base)

    def unfit(self, task: Task) -> Iterator[Problem]:
        yield from inner_problems(self.kind, self.core)

    @abstractmethod
    def fit(self, lesson: Lesson) -> Shrunk: ...

    def open_inner(self, lesson: Lesson, *, full: bool = False) -> Shrunk:
        """The inner arm, fitted, its adapters merged: see `plain`.

        Raises:
            TrainError: T071, T072, M110, the inner arm has no network that can be changed.
        """
        if problems := list(inner_problems(self.kind, self.core)):
            raise TrainError(*problems)
        return plain(self.kind, lesson.fit(self.inner, lesson), full=full)

    def restore(self, folder: Path, lesson: Lesson) -> Shrunk:
        import torch

        from assay.models.inference.label_scorer import Chooser
        from assay.strategies.training.trained_arm import Tuned, load_record

        record = CompressionRecord(**read_json(folder / RECORD))
        model: Any = lesson.open_base(self.core.needs(lesson.base)[0])
        # As other arms whose precision is left to the machine: fp32 where models are opened so.
        wide = (
            model.network.dtype == torch.float32
            and getattr(self.core, "precision", "auto") == "auto"
        )
        read_network(model.network, record, folder)
        if wide:
            model.network.float()
        model = Chooser.of(model) if record.closed else model
        model.forget()
        if record.tuned:
            tuned = Tuned(model, lesson.task, load_record(folder)["room"], nothing)
            tuned.recall(folder)
            return Shrunk(tuned, record)
        means = replace(lesson.means, open_model=lambda *asked: model)
        arm: Any = self.core.restore(folder / "inner", replace(lesson, means=means))
        return Shrunk(arm, record)


def inner_problems(kind: str, inner: Strategy) -> Iterator[Problem]:
    """Why the network of an arm of these settings cannot be made smaller."""
    if not inner.neural:
        text = f"{kind}: {inner.kind} asks no language model, so there is nothing to make smaller"
        yield Problem(
            "T071",
            text,
            "inner",
            help=f"name a trained strategy: {{kind: {kind}, inner: {{kind: lora}}}}",
        )
    elif isinstance(inner, Trained):
        if inner.mergeable:
            return
        # it loads torch, and this is asked before anything runs
        from assay.strategies.compression.merged_arm import need_mergeable

        try:
            need_mergeable(inner)
        except ModelError as error:
            yield from (replace(problem, place="inner") for problem in error.problems)
    elif any(isinstance(value, Strategy) for _, value in inner):
        way = f"{{kind: {inner.kind}, ..., inner: {{kind: {kind}, inner: ...}}}}"
        text = f"{kind}: {inner.kind} is a strategy around another, and has no network of its own"
        yield Problem("T072", text, "inner", help=f"put {kind} inside: {way}")


@dataclass
class CompressionRecord:
    """How a network differs in form from its base.

    Attributes:
        layers: the base's decoder layers that are left. bits: of linear layers; 0: as they are.
            dtype: of the rest.
        closed: options are told from each other alone, see `Chooser`. tuned: the arm is asked as a
            trained one.
        said: sentences for the report.
    """

    layers: list[int]
    bits: int
    dtype: str
    closed: bool
    tuned: bool
    said: list[str]


class Shrunk(Adapted):
    """`inner` asks a model whose network has been changed; `record` says how."""

    def __init__(self, inner: Prompted, record: CompressionRecord):
        self.inner = inner
        self.record = record

    @property
    def model(self) -> LanguageModel:
        return self.inner.model

    @property
    def local(self) -> ChatModel:
        """The model, which is one of this machine."""
        model: Any = self.inner.model
        return model

    def prompt(self, question: Example) -> Messages:
        return self.inner.prompt(question)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return self.inner.answer(questions, tell)

    def save(self, folder: Path) -> None:
        if self.record.tuned:
            self.inner.save(folder)
        else:
            (folder / "inner").mkdir(exist_ok=True)
            self.inner.save(folder / "inner")
        write_json(folder / RECORD, vars(self.record))
        write_json(folder / "note.json", {"notes": self.record.said})
        write_tensors(folder / WEIGHTS, tensors_of(self.local.network), {"format": "pt"})


def plain(kind: str, arm: Adapted, *, full: bool = False) -> Shrunk:
    """A fitted arm as one whose network is plain, in place.

    Args:
        full: leave the weights in fp32, as they were merged, not in the type that the arm computes
            in.

    Raises:
        TrainError: T071, it asks no language model of this machine by a prompt.
    """
    import torch

    from assay.models.inference.chat_model import ChatModel
    from assay.strategies.training.trained_arm import Tuned
    from assay.training.adapters.merge import merge
    from assay.training.decoder_layers import decoder_layers

    if isinstance(arm, Shrunk):
        if full:
            arm.local.network.float()
        return Shrunk(arm.inner, replace(arm.record, said=list(arm.record.said)))
    model: Any = arm.model
    if not isinstance(arm, Prompted) or not isinstance(model, ChatModel):
        text = f"{kind}: the inner strategy asks no language model of this machine by itself"
        raise TrainError(Problem("T071", text, "inner", help="name a trained strategy, or shots"))
    network = model.network
    dtype: torch.dtype = network.dtype
    merge(network, torch.float32)
    if not full:
        network.to(dtype)
    model.forget()
    said = [arm.summary] if isinstance(arm, Blending) else []
    if tuned := isinstance(arm, Tuned | Blending):
        arm = bare(arm, model)
    layers = list(range(len(decoder_layers(network))))
    return Shrunk(arm, CompressionRecord(layers, 0, dtype_name(dtype), model.closed, tuned, said))


def bare(arm: Prompted, model: ChatModel) -> Tuned:
    """The same arm, which writes no weights when it is saved."""
    from assay.strategies.training.trained_arm import Tuned

    found = Tuned(model, arm.task, arm.room, nothing)
    if isinstance(arm, Tuned):
        found.curve, found.ended, found.best_step = arm.curve, arm.ended, arm.best_step
        found.fit, found.start_loss = arm.fit, arm.start_loss
    return found


def retrain(
    arm: Shrunk, lesson: Lesson, settings: Trained, place: str, objective: Objective | None = None
) -> None:
    """Train the network of an arm that is asked as a trained one, in a folder of its own within the
    arm's.

    Args:
        settings: the method, whose change of the network is made in place and stays. objective: as
            for `trained_arm.train`.
    """
    import torch

    from assay.models.inference.attention_check import leave_trees, takes_trees
    from assay.strategies.training.trained_arm import train

    model = arm.local
    tuned: Any = arm.inner
    own = lesson.workdir / place
    own.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(lesson.seed)
    if not takes_trees(model.network):
        leave_trees(model.network)
    change = settings.change(model, lesson)
    train(
        replace(lesson, means=replace(lesson.means, workdir=own)),
        settings,
        model,
        change,
        tuned,
        objective,
    )


def nothing(folder: Path) -> None:
    """There is nothing to write."""


# --- the network in a file ------------------------------------------------------------------------


def tensors_of(network: Any) -> dict[str, torch.Tensor]:
    """Every tensor by its name, a tied one once."""
    found: dict[str, torch.Tensor] = {}
    places: set[tuple[int, int]] = set()
    for name, tensor in network.state_dict().items():
        place = (tensor.data_ptr(), tensor.numel())
        if place not in places:
            places.add(place)
            found[name] = tensor
    return found


def read_network(network: Any, record: CompressionRecord, folder: Path) -> None:
    """Give a freshly opened base the form and the weights that were kept, in place."""
    from safetensors.torch import load_file

    from assay.strategies.compression.layer_selection import keep
    from assay.strategies.compression.quantised_linear import KINDS, put

    tensors = load_file(folder / WEIGHTS)
    keep(network, record.layers)
    network.to(dtype_of(record))
    for name in [name.removesuffix(".codes") for name in tensors if name.endswith(".codes")]:
        parts: list[Any] = [
            tensors.pop(f"{name}.{part}", None) for part in ("codes", "scale", "bias")
        ]
        put(network, name, KINDS[record.bits](*parts))
    network.load_state_dict(tensors, strict=False)
    network.tie_weights()
    network.eval().requires_grad_(False)


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def dtype_of(record: CompressionRecord) -> torch.dtype:
    import torch

    return {dtype_name(kind): kind for kind in (torch.float32, torch.bfloat16, torch.float16)}[
        record.dtype
    ]
