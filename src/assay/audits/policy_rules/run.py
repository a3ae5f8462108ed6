"""Which rules of the task's policy the answers of each arm keep, rule by rule, beside the base.

Asked          always, where the task has a policy with rules that a program can check: it counts
               answers that are there, and asks no model
Intervals      those of a score: Wilson's, or Clopper and Pearson's where all or none keep a rule;
               over groups where rows have some. Differences are paired
The base       the arm that asks the base model as it is: `shots` with k: 0, not told the policy.
               Differences are left out where none is compared
Watch out      many rules are looked at: one in twenty intervals of differences leaves 0 by chance
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from assay.audits.context import Seen
from assay.core.types import Strategy
from assay.tasks.policy import policy_of, rule_rows

if TYPE_CHECKING:
    import numpy as np

    from assay.config import Project
    from assay.decision.finished_arm import Arm
    from assay.runtime.data_stage.prepare import Prepared
    from assay.stats.intervals import Interval
    from assay.tasks.policy import Policy

KEY = "rules"
SHOWN = 3  # answers that break rules, of the recommended arm


def is_enabled(project: Project, prepared: Prepared) -> bool:
    policy = policy_of(prepared.task)
    return policy is not None and bool(policy.checkable)


def strategies(project: Project, prepared: Prepared) -> list[Strategy]:
    """It fits none beside the arms."""
    return []


def ask(seen: Seen) -> dict[str, Any] | None:
    """Plain JSON: level, base, arms (in order), all (share of the answers that keep every rule, by
    arm), rules (name, text and, by arm, value, low, high and against: the difference to the base),
    unchecked (names of rules that no program can check), examples."""
    policy, arms = policy_of(seen.task), seen.complete_arms
    if policy is None or not arms:
        return None
    rows = {arm.name: rule_rows(policy, arm.records) for arm in arms}
    base = next((arm.name for arm in arms if asks_the_base(arm)), None)
    every = {name: kept.min(axis=1, keepdims=True) for name, kept in rows.items()}
    rules = [
        {
            "name": rule.name,
            "text": rule.text,
            "arms": _by_arm(seen, {name: kept[:, [at]] for name, kept in rows.items()}, base),
        }
        for at, rule in enumerate(policy.checkable)
    ]
    return {
        "level": seen.level,
        "base": base,
        "arms": [arm.name for arm in arms],
        "n": len(arms[0].records),
        "all": _by_arm(seen, every, base),
        "rules": rules,
        "unchecked": [rule.name for rule in policy.rules if rule.check is None],
        "examples": _examples(seen, policy),
    }


def asks_the_base(arm: Arm) -> bool:
    settings = arm.settings
    return arm.kind == "shots" and settings.get("k") == 0 and not settings.get("policy")


def _by_arm(seen: Seen, kept: dict[str, np.ndarray], base: str | None) -> dict[str, Any]:
    """Arm -> its share with the interval, and the difference to the base."""
    from assay.stats.standard_error import group_codes, paired_difference, score_interval, spread_of

    groups = group_codes([record.question.group for record in seen.complete_arms[0].records])
    found: dict[str, dict[str, Any]] = {}
    for name, rows in kept.items():
        share = score_interval(spread_of(rows, _mean, groups), seen.level)
        found[name] = {**_json(share), "against": None}
        if base is not None and name != base:
            more = paired_difference(rows, kept[base], _mean, groups=groups, level=seen.level)
            found[name]["against"] = _json(more)
    return found


def _mean(sums: Any, n: Any) -> Any:
    return sums[..., 0] / n


def _json(one: Interval) -> dict[str, float | None]:
    values = {"value": one.value, "low": one.low, "high": one.high}
    return {key: round(value, 6) if math.isfinite(value) else None for key, value in values.items()}


def _examples(seen: Seen, policy: Policy) -> list[dict[str, Any]]:
    """The first answers of the recommended arm that break a rule, those that break most first."""
    name = seen.report["verdict"]["recommended"]
    records = next((arm.records for arm in seen.complete_arms if arm.name == name), [])
    found = []
    for record in records:
        if broken := policy.broken(record.answer.text, record.question.text):
            found.append((record, [rule.name for rule in broken]))
    return [
        {
            "id": record.question.id,
            "question": record.question.text,
            "answer": record.answer.text,
            "broken": broken,
        }
        for record, broken in sorted(found, key=lambda pair: -len(pair[1]))[:SHOWN]
    ]


def sentences(found: dict[str, Any]) -> list[str]:
    """None: the section of the report says it."""
    return []
