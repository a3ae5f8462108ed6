"""What the report says of the race of a run with a time limit: what each strategy was given on val,
what came of it, and by how much val flatters the one that was best there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.decision.decision_table import higher_is_better
from assay.presentation import section_spec as spec
from assay.presentation.number_format import apart, count, duration, score
from assay.reporting.report_view import ReportView

ENDS = {
    "done": "done: met the test rows",
    "pruned": "pruned: it could not win",
    "stopped": "stopped: the time was over",
    "skipped": "skipped: no time was left",
}


def race_blocks(seen: ReportView) -> list[spec.Block]:
    """Nothing where there was no race."""
    raced = [one for one in seen.data["strategies"] if one.get("heats")]
    if not raced:
        return []
    rows = [
        spec.TableRow(_cells(one), "" if one["status"] == "done" else "absent")
        for one in sorted(raced, key=lambda one: one["status"] != "done")
    ]
    columns = ("strategy", "training rows", "val rows asked", f"{seen.metric_words} on val")
    return [
        spec.SectionHeading("Race"),
        spec.Paragraph(" ".join(race_sentences(raced, seen.data))),
        spec.Table("What each was given on val.", (*columns, "time", "then"), rows),
    ]


def _cells(one: Mapping[str, Any]) -> list[spec.Cell]:
    heats = one["heats"]
    last = heats[-1]
    return [
        one["name"],
        ", ".join(count(heat["rows"]) for heat in heats),
        ", ".join(count(heat["asked"]) for heat in heats),
        None if last["value"] is None else score(last["value"]),
        duration(sum(heat["seconds"] for heat in heats)),
        ENDS.get(one["status"], one["status"]),
    ]


def race_sentences(raced: Sequence[Mapping[str, Any]], data: dict[str, Any]) -> list[str]:
    """The race in words.

    Args:
        raced: the strategies of `data`, a report.json, that have heats.
    """
    metric = data["task"]["metric"]
    final = [one for one in raced if one["status"] == "done"]
    took = duration(sum(heat["seconds"] for one in raced for heat in one["heats"]))
    said = [
        "The run had a time limit: strategies were asked growing parts of val, and those that"
        " could not win any more were pruned before they met the test rows."
        f" {count(len(final))} of {count(len(raced))} met them. The heats took {took}; what they"
        " fitted on all rows was not fitted again."
    ]
    scored = [one for one in final if one["heats"][-1]["value"] is not None]
    if len(scored) > 1:
        sign, unit = 1 if higher_is_better(data) else -1, data["metrics"][metric]["unit"]
        best = max(scored, key=lambda one: sign * one["heats"][-1]["value"])
        val, tested = best["heats"][-1]["value"], best["metrics"][metric]["value"]
        said.append(
            f"The best of them on val, {best['name']}, had {score(val)} there and"
            f" {score(tested)} on the test rows ({apart(tested - val, unit)} {unit or 'points'}):"
            " these are other rows, and those of val have chosen it. No claim is made from val."
        )
    return said
