"""What a search over prompts gained on the test rows: the arm that asks with the best hand-given
wording tells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.core import store
from assay.evaluation.scoring import metrics_for
from assay.stats.standard_error import group_codes, paired_difference
from assay.strategies.prompting.prompt_search import FOUND, WordingSearch
from assay.strategies.prompting.prompt_swap import replace_shots
from assay.tasks.prompt_format import Wording

if TYPE_CHECKING:
    from assay.decision.finished_arm import Arm
    from assay.runtime.arms.runner import Bench


def add_search_gains(bench: Bench, arms: Sequence[Arm]) -> list[Arm]:
    """The arms; what one that searched says of its fit goes on with its gain on the test rows."""
    told = []
    for arm in arms:
        said = on_test(bench, arm, arms)
        told.append(
            replace(arm, fit={**arm.fit, "text": f"{arm.fit['text']} {said}"})
            if arm.fit and said
            else arm
        )
    return told


def on_test(bench: Bench, arm: Arm, arms: Sequence[Arm]) -> str:
    """One sentence; empty for an arm that did not search, or that asks with the hand-given wording
    itself."""
    strategy = bench.project.arms[arm.name]
    if (
        arm.status != "done"
        or not isinstance(strategy, WordingSearch)
        or strategy.prompt is not None
    ):
        return ""
    found = store.read_json(bench.fit_stage(strategy).folder / "arm" / FOUND)
    if not found["better"]:
        return ""
    wording = Wording.model_validate(found["numbers"]["hand"])
    hand = bench.fit_key(
        replace_shots(strategy.inner, lambda shots: shots.model_copy(update={"wording": wording}))
    )
    own = [
        one
        for one in arms
        if one.status == "done" and bench.fit_key(bench.project.arms[one.name]) == hand
    ]
    if not own:
        written = f" with `wording: {wording.non_defaults()}`" if wording.non_defaults() else ""
        return (
            f"The test rows do not say what it gained: no strategy is `{strategy.inner.kind}` as it"
            f" stands inside{written}."
        )
    metric = metrics_for(bench.prepared.task)[0]
    first, second = (one.scores_by(bench.prepared.task).rows[metric.name] for one in (arm, own[0]))
    groups = group_codes([record.question.group for record in arm.records])
    gain = paired_difference(first, second, metric.total, groups=groups, seed=bench.project.seed)
    sign = 1 if metric.higher_is_better else -1
    low, high = sorted((sign * gain.low, sign * gain.high))
    word = "beats" if low > 0 else "is beaten by" if high < 0 else "is not told apart from"
    ends = (
        f"95 % interval {low:+.3f} to {high:+.3f}"
        if math.isfinite(low)
        else "no interval: one group"
    )
    bounds = f"{sign * gain.value:+.3f}, {ends}"
    return (
        f"On the {len(first):,} test rows it {word} that wording (strategy {own[0].name}):"
        f" {bounds}."
    )
