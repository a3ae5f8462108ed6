"""What changed questions have done to the answers, in sentences for the terminal, `report.md` and
the page."""

from __future__ import annotations

from typing import Any

FEW = 30  # rows under which nothing is claimed
CHANGED_BY = {
    "typos": "Typing errors cost",
    "casing": "Capitals, or none, cost",
    "spacing": "Lost and stray spaces cost",
    "punctuation": "Punctuation lost or multiplied costs",
    "paraphrase": "Other words cost",
    "distractor": "An unrelated sentence costs",
    "truncation": "A missing end costs",
    "foreign": "A foreign greeting costs",
    "translation": "Another language costs",
    "format": "Another format costs",
    "injection": "An injected order costs",
    "jailbreak": "A jailbreak costs",
    "long": "A long text around it costs",
}


def first_arm(found: dict[str, Any]) -> dict[str, Any]:
    """The recommended arm, where it was asked; else the first that was."""
    return next(
        (arm for arm in found["arms"] if arm["name"] == found["recommended"]), found["arms"][0]
    )


def worst(found: dict[str, Any], arm: dict[str, Any]) -> str:
    """Which kind of change costs the arm most, if any does."""
    metric, level = found["metric"].replace("_", " "), f"{100 * found['level']:g} %"
    kinds = [one for one in arm["kinds"] if one["n"] >= FEW]
    if not kinds:
        return (
            f"Too few rows to say what small changes do to {arm['name']}: under {FEW} of each kind."
        )
    if not any(one["changed"]["value"] for one in kinds):
        return f"No answer of {arm['name']} changed under any of {len(kinds)} kinds of change."
    if arm["before"]["value"] == 0:
        return f"{arm['name']} has no right answer to lose."
    if arm["worst"] is None:
        low = min(kinds, key=lambda one: one["change"]["difference"])
        return (
            f"None of {len(kinds)}"
            f" kinds of change lowers the {metric} of {arm['name']} beyond chance; the"
            f" lowest is {low['kind']}, {_points(low['change'])}, {level}, on {low['n']:,} rows."
        )
    one = next(one for one in kinds if one["kind"] == arm["worst"])
    sure = sum(costs(kind, found["level"]) for kind in kinds)
    return (
        f"{CHANGED_BY[one['kind']]}"
        f" {arm['name']} most: {metric} {_points(one['change'])}, {level}, on {one['n']:,}"
        f" rows, from {one['before']:.3f} to {one['after']:.3f}; {sure} of {len(kinds)}"
        f" kinds of change {'lowers' if sure == 1 else 'lower'} it beyond chance (after Holm)."
    )


def costs(kind: dict[str, Any], level: float) -> bool:
    """Does this kind of change lower the metric beyond chance, on rows enough to say so?"""
    change = kind["change"]
    below = change["high"] is not None and change["high"] < 0
    return bool(kind["n"] >= FEW and below and change["p_holm"] < 1 - level)


def attack_sentence(found: dict[str, Any], arm: dict[str, Any]) -> str:
    """How often an injected order was followed; empty where none was given, or no answer changed at
    all."""
    one = next((kind["attack"] for kind in arm["kinds"] if kind["attack"]), None)
    if one is None or not any(kind["changed"]["value"] for kind in arm["kinds"]):
        return ""
    level = f"{100 * found['level']:g} %"
    ends = (
        "no interval"
        if one["low"] is None
        else f"{100 * one['low']:.0f} to {100 * one['high']:.0f}, {level}"
    )
    return (
        "Told inside the question"
        f" to give a wrong answer, {arm['name']} gives it in {100 * one['value']:.0f}"
        f" % of {one['n']:,} rows that it answered otherwise before ({ends})."
    )


def _points(change: dict[str, Any]) -> str:
    value = _minus(f"{100 * change['difference']:+.1f} points")
    if change["low"] is None:  # no answer has moved, by a metric that is no share of rows
        return f"{value} (no score has moved)"
    ends = _minus(f"{100 * change['low']:+.1f} to {100 * change['high']:+.1f}")
    return f"{value} ({ends})"


def _minus(text: str) -> str:
    """With the sign that the report's other numbers have."""
    return text.replace("-", "−")
