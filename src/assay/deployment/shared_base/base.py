"""A base that several arms share: what each wants of it, opened as it wants it, and whether an arm
can stand on it.

Watch out    what changes the network itself cannot share it: full, miss, ia3, adalora, adapters,
             soft prompts, heads, and an arm that was made smaller
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from assay.core.errors import ModelError, Problem
from assay.core.types import Lesson, Precision, Strategy
from assay.training.adapters.lora_weights import ALONE
from assay.training.settings import Trained

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.strategies.training.lora import Lora


class Laid(NamedTuple):
    """What an arm wants its base to be."""

    model: str
    bits: int = 0
    quant: str = ""
    double: bool = False
    precision: Precision = "auto"

    def __str__(self) -> str:
        bits = (
            f"{self.bits} bits {self.quant}{' double' * self.double}".strip()
            if self.bits
            else "its own bits"
        )
        return f"{self.model} in {bits}, precision {self.precision}"


def adapters_in(strategy: Strategy) -> Iterator[Lora]:
    """The LoRA settings that an arm's base is opened with, of those inside it too.

    Raises:
        ModelError: M114, a trained arm of another kind.
    """
    from assay.strategies.compression.compressed_arm import Shrink
    from assay.strategies.training.after_inner import AfterInner
    from assay.strategies.training.lora import Lora

    if isinstance(strategy, Lora):
        yield strategy
    elif isinstance(strategy, AfterInner):  # it keeps what its inner strategy keeps
        yield from adapters_in(strategy.inner)
    elif isinstance(strategy, Trained | Shrink):
        text = (
            f"{strategy.kind} changes the network itself; only lora, dora, qlora, blend and what"
            " goes on from them share a base with others"
        )
        raise ModelError(Problem("M114", text, help=ALONE))
    else:
        for _, value in strategy.inside():
            if isinstance(value, Strategy):
                yield from adapters_in(value)


def laying(lora: Lora, base: str) -> Laid:
    quant = (lora.quant or "nf4") if lora.bits == 4 else ""
    return Laid(lora.model or base, lora.bits, quant, lora.double, lora.precision)


def open_shared_base(strategy: Strategy | None, lesson: Lesson) -> tuple[ChatModel, Laid | None]:
    """A freshly opened base as the arm wants it, and what that is; None where any arm will do."""
    lora = next(adapters_in(strategy), None) if strategy else None
    if lora is None:
        return cast("ChatModel", lesson.open_base()), Laid(lesson.base)
    model = cast("ChatModel", lesson.open_base(lora.model))
    lora.in_precision(model)
    if lora.bits:
        from assay.training.bitsandbytes import quantise

        quantise(model.network, lora.bits, quant=lora.quant or "nf4", double=lora.double)
    return model, laying(lora, lesson.base)


def need_laid(strategy: Strategy, lesson: Lesson, laid: Laid | None) -> None:
    """Whether an arm can stand on a base. One without an adapter can stand on any of its name.

    Raises:
        ModelError: M111, it wants another; M114 as `adapters_in`.
    """
    for lora in adapters_in(strategy):
        wanted = laying(lora, lesson.base)
        if laid is not None and wanted != laid:
            text = f"{strategy.kind} was trained on {wanted}; this base is {laid}"
            raise ModelError(Problem("M111", text, help="open a second base for it"))
