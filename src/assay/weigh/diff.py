"""What moved between two reports, beyond noise.

A score has moved when its change is larger than both intervals' half-widths together (root of the sum of squares);
a cost when it changed by more than a fifth. Everything else is left out: silence means "as before".
"""

import math
from typing import Any

from assay.weigh.numbers import duration, megabytes, points, score

_COSTS = {
    "fit_seconds": ("fitting", duration),
    "seconds_per_answer": ("time an answer", duration),
    "peak_bytes": ("peak memory", lambda value: f"{megabytes(value)} MB"),
    "kept_bytes": ("kept on disk", lambda value: f"{megabytes(value)} MB"),
}
_A_FIFTH = 0.2


def diff(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """One sentence a change; empty when nothing moved beyond noise."""
    lines = _settings(old, new)
    before = {arm["name"]: arm for arm in old["strategies"]}
    after = {arm["name"]: arm for arm in new["strategies"]}
    lines += [f"{name}: not in the new report." for name in before if name not in after]
    lines += [f"{name}: new." for name in after if name not in before]
    for name in (name for name in after if name in before):
        lines += [f"{name}: {change}" for change in _arm(before[name], after[name])]
    return lines


def _settings(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    lines = []
    if old["exam"].get("hash") != new["exam"].get("hash"):
        lines.append("The test rows are not the same, so scores are of different questions.")
    if old["task"]["metric"] != new["task"]["metric"]:
        lines.append(f"The deciding metric was {old['task']['metric']}, now {new['task']['metric']}.")
    for name, value in new["rows"].items():
        was = old["rows"].get(name)
        if was != value:
            lines.append(f"Rows, {name}: {was if was is not None else 'not given'}, now {value}.")
    for name, value in new["audit"].items():
        was = old["audit"].get(name)
        if was != value:
            lines.append(f"Audit, {name.replace('_', ' ')}: {was if was is not None else 'not given'}, now {value}.")
    was, now = old["verdict"]["recommended"], new["verdict"]["recommended"]
    if was != now:
        lines.append(f"The recommended arm was {was or 'none'}, now {now or 'none'}.")
    return lines


def _arm(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    lines = []
    if old["status"] != new["status"]:
        lines.append(f"was {old['status']}, now {new['status']}.")
    for name, value in new["metrics"].items():
        lines += _moved(name.replace("_", " "), old["metrics"].get(name), value)
    for part, metrics in new["slices"].items():
        for name, value in metrics.items():
            label = f"{name.replace('_', ' ')} where {part}"
            lines += _moved(label, old["slices"].get(part, {}).get(name), value)
    for name, (words, shape) in _COSTS.items():
        was, now = old["cost"].get(name), new["cost"].get(name)
        if was and now and abs(now - was) > _A_FIFTH * was:
            lines.append(f"{words} {shape(was)}, now {shape(now)}.")
    return lines


def _moved(name: str, old: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    if old is None or None in (*old.values(), *new.values()):
        return []
    change = new["value"] - old["value"]
    noise = math.hypot((old["high"] - old["low"]) / 2, (new["high"] - new["low"]) / 2)
    if abs(change) <= noise:
        return []
    return [f"{name} {score(old['value'])}, now {score(new['value'])} ({points(change)} points)."]
