"""A fitted arm as one plain network: what was trained is in the weights of its base. Which arms
that is possible for.

    model = merged(strategy, folder, lesson, into="original", precision="fp32")

What is mergeable  strategies whose class says so (`mergeable`): lora (with DoRA, rsLoRA, PiSSA,
                   OLoRA and 4 or 8 bits), adalora, miss, ia3, blend; `full` is its own network
                   already. Of the others the class says why not (`unmergeable`): M110
Quantised bases    The arm was trained beside weights that bitsandbytes dequantises on the way
                   through a layer. "dequantised" merges into exactly these: the arm as it was
                   measured, at full size. "original" merges into the base as it is on disk: the
                   rounding is gone, so its answers are others.
How                the layers themselves, and the sums: `training/adapters/merge.py`
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from assay.core.errors import ModelError, Problem
from assay.core.types import Lesson, Precision, Strategy
from assay.training.adapters.merge import merge

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

Into = Literal["dequantised", "original"]


def merge_arm(
    strategy: Strategy,
    folder: Path,
    lesson: Lesson,
    *,
    into: Into = "dequantised",
    precision: Precision = "auto",
) -> ChatModel:
    """The model of a fitted arm as one plain network: its `network.state_dict()` has the names of
    the base's own.

    Args:
        strategy: the arm's settings, as in its `arm.json`. folder: where `Adapted.save` wrote it.
        lesson: opens the base; without rows, as for `restore`.
        into: matters only with `bits`: the weights that the arm was trained beside, or those on
            disk.
        precision: of the merged weights; "auto": as the arm's own.

    Raises:
        ModelError: M110, such an arm has nothing that could be merged; M111 to M113, it is not of
            this base.
    """
    need_mergeable(strategy)
    if into == "original":
        strategy = beside_full(strategy)
    arm = strategy.restore(folder, guard_base(lesson, folder))
    model: Any = arm.model
    merge(
        model.network,
        None if precision == "auto" else {"bf16": torch.bfloat16, "fp32": torch.float32}[precision],
    )
    model.forget()
    return model


def need_mergeable(strategy: Strategy) -> None:
    """Raises ModelError, M110, for arms whose trained part cannot become part of the base's
    weights."""
    if strategy.mergeable:
        return
    text = f"{strategy.kind} cannot be merged into its base: {strategy.unmergeable}"
    raise ModelError(
        Problem(
            "M110", text, help="export it as an adapter, or train lora, dora, miss, ia3 or full"
        )
    )


def beside_full(strategy: Strategy) -> Strategy:
    """The same settings beside a base that is not quantised."""
    from assay.strategies.mixes.blend import Blend
    from assay.strategies.training.lora import Lora

    if isinstance(strategy, Lora):
        return strategy.model_copy(update={"bits": 0, "quant": "", "double": False})
    if isinstance(strategy, Blend):
        return strategy.model_copy(
            update={"inners": tuple(beside_full(inner) for inner in strategy.inners)}
        )
    return strategy


def guard_base(lesson: Lesson, folder: Path) -> Lesson:
    """The same lesson, whose base is checked against what is in `folder` as soon as it is open."""
    from assay.training.adapters.compatibility import refuse_foreign

    inner = lesson.means.open_model
    if inner is None:
        return lesson

    def open_checked(name: str, *precision: Precision) -> Any:
        model: Any = inner(name, *precision)
        refuse_foreign(model, folder)
        return model

    return replace(lesson, means=replace(lesson.means, open_model=open_checked))
