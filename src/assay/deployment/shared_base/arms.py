"""Fitted arms on a base that they share: how each is restored without a base of its own.

How          the lesson that an arm is restored with opens the shared network instead of a fresh
             one; where a LoRA or a blend stands, at the top or inside `rag`, only its adapter is
             loaded
Watch out    what an arm must want of the base: `base.py`
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import PrivateAttr

from assay.core.errors import ModelError, Problem
from assay.core.store import read_json
from assay.core.types import Adapted, Lesson, Precision, Strategy
from assay.deployment.shared_base.base import adapters_in, need_laid
from assay.deployment.shared_base.multi_adapter import Many
from assay.strategies.prompting.prompted_arm import Prompted

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel


def restore(many: Many, name: str, strategy: Strategy, folder: Path, lesson: Lesson) -> Adapted:
    """A fitted arm whose model is the base of `many`; its adapter, if it has one, is added under
    `name`.

    Raises:
        ModelError: M111, it wants another base, or this one in other bits or precision; M111 to
            M113 as `Many.add`; M114, it changes the base in a way that cannot be shared.
    """
    need_laid(strategy, lesson, many.laid)
    return _restore(many, name, strategy, folder, lesson)


def _restore(many: Many, name: str, strategy: Strategy, folder: Path, lesson: Lesson) -> Adapted:
    from assay.strategies.mixes.blend import Blend
    from assay.strategies.training.after_inner import AfterInner
    from assay.strategies.training.lora import Lora
    from assay.strategies.training.trained_arm import Tuned, load_record

    if isinstance(strategy, AfterInner):
        strategy = strategy.inner
    if isinstance(strategy, Lora):
        many.add(name, folder)
        model = many.model(name, closed=strategy.objective == "label_set")
        arm = Tuned(model, lesson.task, load_record(folder)["room"], unwritten)
        arm.recall(folder)
        return arm
    if isinstance(strategy, Blend):
        many.add(name, folder)
        model = many.model(name, closed=next(adapters_in(strategy)).objective == "label_set")
        return Prompted(
            model, lesson.task, labels=False, room=read_json(folder / "blend.json")["room"]
        )
    shared = replace(lesson, means=replace(lesson.means, open_model=base_opener(many)))
    inside = {
        key: Lodger.of(many, name, value) for key, value in strategy if isinstance(value, Strategy)
    }
    return strategy.model_copy(update=inside).restore(folder, shared)


def base_opener(many: Many) -> Any:
    """(name, precision) -> the base without an adapter. Raises ModelError, M111, when asked for
    another model."""

    def open_model(name: str, precision: Precision = "auto") -> ChatModel:
        if many.laid is not None and name != many.laid.model:
            text = f"a strategy asks for {name}, and this base is {many.laid.model}"
            raise ModelError(Problem("M111", text, help="open a second base for it"))
        return many.model("")

    return open_model


def unwritten(folder: Path) -> None:
    raise RuntimeError(
        "a strategy on a shared base is not saved again; its folder is there already"
    )


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
        return _restore(self._many, self._name, self._inner, folder, lesson)
