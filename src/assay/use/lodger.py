"""Fitted arms on a base that they share: what each wants of it, and how it is restored without a base of its own.

How          the lesson that an arm is restored with opens the shared network instead of a fresh one; where a LoRA or a
             blend stands, at the top or inside `rag`, only its adapter is loaded
Watch out    what changes the network itself cannot share it: full, miss, ia3, adalora, adapters, soft prompts, heads,
             and an arm that was made smaller
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from pydantic import PrivateAttr

from assay.errors import ModelError, Problem
from assay.nouns import Adapted, Lesson, Precision, Strategy
from assay.prompt.prompted import Prompted
from assay.store import read_json
from assay.train.settings import Trained
from assay.use.pairs import ALONE

if TYPE_CHECKING:
    from assay.model.chat_model import ChatModel
    from assay.train.methods import Lora
    from assay.use.many import Many


class Laid(NamedTuple):
    """What an arm wants its base to be."""

    model: str
    bits: int = 0
    quant: str = ""
    double: bool = False
    precision: Precision = "auto"

    def __str__(self) -> str:
        bits = f"{self.bits} bits {self.quant}{' double' * self.double}".strip() if self.bits else "its own bits"
        return f"{self.model} in {bits}, precision {self.precision}"


def adapters_in(strategy: Strategy) -> Iterator[Lora]:
    """The LoRA settings that an arm's base is opened with, of those inside it too.

    Raises:
        ModelError: M114, a trained arm of another kind.
    """
    from assay.train.methods import Lora
    from assay.use.shrink import Shrink

    if isinstance(strategy, Lora):
        yield strategy
    elif isinstance(strategy, Trained | Shrink):
        text = f"{strategy.kind} changes the network itself; only lora, dora, qlora and blend share a base with others"
        raise ModelError(Problem("M114", text, help=ALONE))
    else:
        for _, value in strategy.inside():
            if isinstance(value, Strategy):
                yield from adapters_in(value)


def laying(lora: Lora, base: str) -> Laid:
    quant = (lora.quant or "nf4") if lora.bits == 4 else ""
    return Laid(lora.model or base, lora.bits, quant, lora.double, lora.precision)


def laid_base(strategy: Strategy | None, lesson: Lesson) -> tuple[ChatModel, Laid | None]:
    """A freshly opened base as the arm wants it, and what that is; None where any arm will do."""
    lora = next(adapters_in(strategy), None) if strategy else None
    if lora is None:
        return cast("ChatModel", lesson.open_base()), Laid(lesson.base)
    model = cast("ChatModel", lesson.open_base(lora.model))
    lora.in_precision(model)
    if lora.bits:
        from assay.train.quantised import quantise

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


def restored(many: Many, name: str, strategy: Strategy, folder: Path, lesson: Lesson) -> Adapted:
    """See `Many.restore`."""
    from assay.train.methods import Lora
    from assay.train.tuned import Tuned, kept
    from assay.use.blend import Blend

    if isinstance(strategy, Lora):
        many.add(name, folder)
        model = many.model(name, closed=strategy.objective == "label_set")
        arm = Tuned(model, lesson.task, kept(folder)["room"], unwritten)
        arm.recall(folder)
        return arm
    if isinstance(strategy, Blend):
        many.add(name, folder)
        model = many.model(name, closed=next(adapters_in(strategy)).objective == "label_set")
        return Prompted(model, lesson.task, labels=False, room=read_json(folder / "blend.json")["room"])
    shared = replace(lesson, means=replace(lesson.means, open_model=lent(many)))
    inside = {key: Lodger.of(many, name, value) for key, value in strategy if isinstance(value, Strategy)}
    return strategy.model_copy(update=inside).restore(folder, shared)


def lent(many: Many) -> Any:
    """(name, precision) -> the base without an adapter. Raises ModelError, M111, when asked for another model."""

    def open_model(name: str, precision: Precision = "auto") -> ChatModel:
        if many.laid is not None and name != many.laid.model:
            text = f"an arm asks for {name}, and this base is {many.laid.model}"
            raise ModelError(Problem("M111", text, help="open a second base for it"))
        return many.model("")

    return open_model


def unwritten(folder: Path) -> None:
    raise RuntimeError("an arm on a shared base is not saved again; its folder is there already")


class Lodger(Strategy):
    """Stands where an inner arm stands while an outer one is restored."""

    kind: Literal["lodger"] = "lodger"
    _many: Any = PrivateAttr()
    _inner: Strategy = PrivateAttr()
    _name: str = PrivateAttr()

    @classmethod
    def of(cls, many: Many, name: str, inner: Strategy) -> Lodger:
        made = cls()
        made._many, made._name, made._inner = many, name, inner
        return made

    def fit(self, lesson: Lesson) -> Adapted:
        raise RuntimeError("it is there to be restored")

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        return restored(self._many, self._name, self._inner, folder, lesson)
