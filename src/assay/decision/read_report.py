"""Read a report.json that an earlier run wrote, or that somebody has changed since."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import Problem, UsageError

_NEEDED = {name: dict for name in ("task", "metrics", "rows", "audit", "exam", "verdict")} | {
    "strategies": list
}
_OF_AN_ARM = {"name": str, "status": str, "metrics": dict, "slices": dict, "cost": dict}

# What 0.1.0 did not look at, and so did not say.
_OF_THE_VERDICT = {"decided": True, "failed": [], "out": [], "unfinished": [], "unjudged": []}
_OF_THE_VERDICT |= {"target": None}
_OF_A_STRATEGY = {"fit": None, "guards": {}, "by": {}, "abstained": 0, "refused": 0, "seeds": None}
_OF_A_STRATEGY |= {"search": None, "heats": []}
_OF_A_COST = dict.fromkeys(
    ("alone", "contention", "money_per_answer", "labelled_rows", "energy", "month")
)


def read_report(file: Path) -> dict[str, Any]:
    """A report.json.

    Raises:
        UsageError: C186, it is cut off, changed by hand or something else.
    """

    data: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        data = _completed(store.read_json(file))
    if (
        has(data, _NEEDED)
        and "recommended" in data["verdict"]
        and all(has(s, _OF_AN_ARM) for s in data["strategies"])
    ):
        return data
    help = "assay run writes it anew from what is kept in work/; an earlier one is under past/"
    raise UsageError(Problem("C186", "is no report, or is damaged", str(file), help=help))


def _completed(data: Any) -> Any:
    """The report; one of 0.1.0 with its metrics' units, and with what was not looked at then."""
    if not has(data, {"strategies": list, "verdict": dict}) or "metrics" in data:
        return data
    from assay.evaluation import METRICS

    arms = [_completed_arm(arm) for arm in data["strategies"]]
    names = {name for arm in arms if has(arm, {"metrics": dict}) for name in arm["metrics"]}
    units = {metric.name: {"unit": metric.unit} for metric in METRICS if metric.name in names}
    verdict = {**_OF_THE_VERDICT, "undecided": data["verdict"].get("doubt", ""), **data["verdict"]}
    change = {"money": None, "sentence": ""}
    return {"change": change, **data, "metrics": units, "strategies": arms, "verdict": verdict}


def _completed_arm(arm: Any) -> Any:
    if not has(arm, {"cost": dict}):
        return arm
    cost = {**_OF_A_COST, "answer_parts": [], "on_front": False, "updating": None, **arm["cost"]}
    return {**_OF_A_STRATEGY, **arm, "cost": cost}


def has(value: Any, needed: Mapping[str, type]) -> bool:
    """Whether it is an object with these keys, each of its type."""
    if not isinstance(value, dict):
        return False
    return all(isinstance(value.get(name), kind) for name, kind in needed.items())
