"""The trained arms of a project taken apart and together: merged into their base, or several on one
base.

    from assay.deployment.adapters import folder_of, merged, shared

    merged("tickets", "lora", precision="bf16").network.save_pretrained("lora-merged")
    many, arms = shared("tickets", ["lora", "lora-r8", "few-shot-4"])
    arms["lora-r8"].answer(questions)

How   `strategies/compression/merged_arm.py` and `deployment/shared_base/multi_adapter.py` do the
      work; here is the way to them from a project's folder and an arm's name
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.corrupt_files import silent
from assay.core.errors import ModelError, Problem
from assay.core.types import Adapted, Lesson, Precision, Strategy
from assay.runtime.arms.differences import with_warnings
from assay.runtime.arms.open import bench_of, lesson_of

if TYPE_CHECKING:
    from assay.deployment.shared_base.multi_adapter import Many
    from assay.models.inference.chat_model import ChatModel
    from assay.strategies.compression.merged_arm import Into


def folder_of(folder: str | Path, arm: str, *, offline: bool = False) -> Path:
    """Where a fitted arm lies: the adapter in PEFT's own files, where PEFT has the method, and
    `arm.json`.

    Raises:
        UsageError: there is no such project or arm, or it was not fitted yet.
    """
    return _find_arm(folder, arm, offline)[1]


def merge_adapter(
    folder: str | Path,
    arm: str,
    *,
    into: Into = "dequantised",
    precision: Precision = "auto",
    offline: bool = False,
) -> ChatModel:
    """A fitted arm as one plain network, without PEFT's layers:
    `merge_adapter(...).network.save_pretrained(place)`.

    Args:
        into: the base of a quantised arm: "dequantised", as it was trained beside; "original", as
            it is on disk.
        precision: of the weights; "auto": the arm's own.

    Raises:
        UsageError: as `folder_of`. ModelError: M110, nothing of it can be merged.
    """
    from assay.strategies.compression.merged_arm import merge_arm, need_mergeable

    strategy, place, lesson = _find_arm(folder, arm, offline)
    need_mergeable(strategy)
    return merge_arm(strategy, place, lesson, into=into, precision=precision)


def share_base(
    folder: str | Path, arms: Sequence[str], *, offline: bool = False
) -> tuple[Many, dict[str, Adapted]]:
    """Fitted arms on one base, which is loaded once: what switches between them, and the arms by
    name.

    Raises:
        UsageError: as `folder_of`. ModelError: M111, they want different bases; M114, one cannot
            share its base.
    """
    from assay.deployment.shared_base.arms import restore
    from assay.deployment.shared_base.base import adapters_in
    from assay.deployment.shared_base.multi_adapter import Many

    found = {arm: _find_arm(folder, arm, offline) for arm in arms}
    if not found:
        raise ModelError(
            Problem("M114", "no strategy was named to share a base", help="name two or more")
        )
    # An arm with an adapter says in which bits the base must be; one without can stand on any.
    first = next(
        (one for one in found.values() if any(adapters_in(one[0]))), next(iter(found.values()))
    )
    many = Many.open(first[0], first[2])
    return many, {
        arm: restore(many, arm, strategy, place, lesson)
        for arm, (strategy, place, lesson) in found.items()
    }


def _find_arm(folder: str | Path, arm: str, offline: bool) -> tuple[Strategy, Path, Lesson]:
    """Settings, folder, and the lesson without rows that the arm is restored with."""
    bench, strategy = bench_of(Path(folder), arm, offline, with_warnings(silent))
    return strategy, *lesson_of(bench, strategy)
