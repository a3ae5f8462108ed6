"""A sample of what report.json says of other projects' tasks."""

from typing import Any


def other_tasks(names: list[str]) -> dict[str, Any]:
    """What strategies know of a task that another project has learnt: the first has lost of it."""
    task = "lora of ../march"

    def arm(gap: float) -> dict[str, Any]:
        ends = {"difference": gap, "low": gap - 0.09, "high": gap + 0.09}
        whole = {key: 100 * value for key, value in ends.items()}
        found = {"before": 0.9, "after": 0.9 + gap, **ends, "n": 60}
        return {"tasks": {task: found}, "backward": gap, "combined": whole}

    return {
        "level": 0.95,
        "tasks": [{"name": task, "metric": "accuracy", "n": 60}],
        "arms": {names[0]: arm(-0.35), names[1]: arm(0.02)},
        "failed": {},
        "without": [],
    }
