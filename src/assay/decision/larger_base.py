"""What a verdict says where fine-tuning lost: on which base, how large it is, and what a larger one
needs here.

Estimates  memory as in the project file (models/base_sizes.py); time is that of the training that
           lost, times the ratio of the weights
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.models.base_sizes import LARGER, LargerBase, size_words

TRAINS = ("lora", "full")  # kinds that learn from the rows and change the base


def larger_base(data: dict[str, Any]) -> str:
    """A sentence or more; "" where the chosen strategy is a fine-tuned one, or none was compared.

    Args:
        data: report.json.
    """
    chosen, machine = data["verdict"]["recommended"], data["environment"]
    winner = next((one for one in data["strategies"] if one["name"] == chosen), None)
    ended = [one for one in data["strategies"] if one["status"] in ("done", "pruned")]
    lost = [one for one in ended if one["kind"] in TRAINS]
    if winner is None or not lost or _trains(winner):
        return ""
    arm = lost[0]
    name = str(arm["settings"].get("model") or machine.get("base", ""))
    size = machine.get("models", {}).get(name, {}).get("weights")
    if not size:  # a report from before
        return ""
    said = f"{arm['name']} lost to {chosen} on {name}, a base of {size_words(size)} weights."
    offers = [one for one in LARGER if one.weights > size]
    if not offers:
        return said
    needs = ", ".join(_needs(one, arm, size) for one in offers)
    alone = machine.get("gpu", "none") == "none" and machine.get("memory")
    here = f"; this machine has {machine['memory'] / 2**30:.0f} GB" if alone else ""
    add = f"Add {{kind: {arm['kind']}, model: {offers[0].name}}} to compare."
    return f"{said} A larger one may do better: {needs}{here}. {add}"


def _needs(base: LargerBase, arm: Mapping[str, Any], weights: int) -> str:
    """`a 1.5B base needs about 17 GB and about 40 minutes here`."""
    times, seconds = base.times_as_long(weights), arm["cost"].get("fit_seconds")
    if arm["status"] == "done" and seconds:
        minutes = max(1, round(times * seconds / 60))
        took = f"about {minutes} minute{'s' * (minutes > 1)} here"
    else:
        took = f"{times:,.0f} times the training time of {arm['name']}"
    return f"a {size_words(base.weights)} base needs about {base.memory} GB and {took}"


def _trains(strategy: Any) -> bool:
    """Whether a strategy or one inside it changes a base."""
    if isinstance(strategy, Mapping):
        return strategy.get("kind") in TRAINS or any(map(_trains, strategy.values()))
    return isinstance(strategy, list | tuple) and any(map(_trains, strategy))
