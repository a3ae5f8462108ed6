"""The part of the report on what strategies know of the tasks of other projects."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import above, below, between, tenths

KEY = "other_tasks"
TITLE = "Other tasks"
HOW = ""  # nothing is missing where no strategy names another project


def sentence(name: str, task: str, one: dict[str, Any], level: float) -> str:
    """What an arm has lost of another task, in points of that task's metric."""
    said = "no change that can be told from chance"
    if below(one["high"]):
        said = "knows less"
    elif above(one["low"]):
        said = "knows more"
    bounds = f"{between(100 * one['low'], 100 * one['high'], tenths)}, {100 * level:g} %"
    return f"{name}, asked as {task}: {said}, {tenths(100 * one['difference'])} points ({bounds})."


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    data, level = found.value, found.value["level"]
    same = {one["name"] for one in report.value["strategies"] if one.get("kind") == "existing"}
    lines = [
        sentence(name, task, one, level)
        for name, arm in data["arms"].items()
        if name not in same  # it is that strategy itself
        for task, one in arm["tasks"].items()
        if one["difference"] is not None
    ]
    rows = [_row(report, name, task) for name, arm in data["arms"].items() for task in arm["tasks"]]
    caption = (
        "The test rows of the projects whose strategies these go on from, or whose rows they learn."
        " Alone: that project's own strategy. Changes in points of its metric."
    )
    columns = ("strategy", "other task", "alone", "now", "change", "n")
    return [
        *(spec.Paragraph(line) for line in lines),
        spec.Table(caption, columns, rows),
        *(spec.Paragraph(line, "note") for line in _failures(data)),
    ]


def _row(report: Place, name: str, task: str) -> spec.TableRow:
    values = report.at(KEY, "arms", name, "tasks", task)
    return spec.TableRow(
        (
            name,
            task,
            *values.numbers("score", "before", "after"),
            values.with_interval("points", "difference"),
            values.number("count", "n"),
        )
    )


def _failures(found: dict[str, Any]) -> list[str]:
    lines = [f"{name} could not be asked: {why}" for name, why in found["failed"].items()]
    gone = [f"{name} has no test rows, so nothing was asked of it" for name in found["without"]]
    return lines + gone


def summary(data: dict[str, Any], arm: str) -> str:
    """One line of the terminal on the recommended arm; empty where nothing was measured."""
    one = data.get(KEY, {}).get("arms", {}).get(arm)
    if not one or one["backward"] is None:
        return ""
    return f"other tasks: {tenths(100 * one['backward'])} points on {', '.join(one['tasks'])}"
