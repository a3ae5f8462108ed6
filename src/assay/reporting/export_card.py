"""The card of an export: how it is loaded and asked, whether it is still the arm, its files; then
the arm's own card.

Source      as `model_card`; the lines between `---` are read by the Hugging Face hub
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.presentation.markdown_table import plain, table
from assay.presentation.number_format import between, count, megabytes, points, score
from assay.reporting.model_card import NOT_MEASURED, model_card

if TYPE_CHECKING:
    from assay.reporting.build import Report

LIBRARY = {"peft": "peft", "merged": "transformers"}


def export_card(note: dict[str, Any], blocks: Sequence[str], report: Report | None = None) -> str:
    """
    Args:
        note: export.json. blocks: Markdown of the format. report: that has the arm, where there is
            one.

    Raises:
        KeyError: the report has no finished arm of that name.
    """
    name, to = plain(note["arm"]["name"]), note["format"]["name"]
    parts = [
        *_front(note),
        f"# {name}, as {plain(to)}",
        f"The strategy {name} of {plain(note['project'])}, exported by assay"
        f" {plain(note['assay'])}."
        f" Base: {plain(note['base']['name']) or 'none'}, digest"
        f" {note['base']['digest'][:16] or 'none'}.",
        "## How to use it",
        *blocks,
        "## Is it still the same model?",
        *_same(note),
        "## Files",
        table(
            ["file", "MB", "sha256"],
            [
                [plain(file), megabytes(told["bytes"]), told["sha256"]]
                for file, told in note["files"].items()
            ],
            1,
        ),
    ]
    if report is not None:
        parts.append(model_card(report, note["arm"]["name"]))
    return "\n\n".join(parts).rstrip("\n") + "\n"


def _front(note: dict[str, Any]) -> list[str]:
    """What the hub reads."""
    hub, licence = note["base"]["hub"], note["base"]["licence"]
    lines = [f"base_model: {hub[0]}"] if hub else []
    lines += (
        [f"license: {licence.lower()}"]
        if licence and licence.replace("-", "").replace(".", "").isalnum()
        else []
    )
    if library := LIBRARY.get(note["format"]["name"]):
        lines += [f"library_name: {library}", "pipeline_tag: text-generation"]
    return ["\n".join(["---", *lines, "---"])] if lines else []


def _same(note: dict[str, Any]) -> list[str]:
    found, limit = note["equivalence"], note["limit"]
    if found is None:
        if note["state"] == "unchecked":
            return [
                f"Not checked: {plain(note['why'], 500)}. Ask it some questions whose answers"
                " you know."
            ]
        return ["There is nothing in it that answers by itself, so nothing was asked."]
    least = "There is no limit for this format." if limit is None else f"The limit is {limit:.1%}."
    failed = [f"**Refused**: {plain(note['why'], 500)}."] if note["state"] == "refused" else []
    runtime, equal = plain(note["format"]["runtime"]), found["equal"]
    blocks = [
        *failed,
        f"{count(found['n'])}"
        ""
        " test"
        f" questions went through it in {runtime}, decoded greedily and read as the"
        " strategy's"
        " answers"
        f" are. {score(equal['value'])} of the answers are the strategy's"
        f" ({_bounds(equal)}). {least}",
        table(["", found["metric"].replace("_", " "), "interval", "not read"], _scores(found), 1),
        f"Difference: {_points(found['difference'])}. Both write their answers here;"
        " where the strategy chooses among labels instead, its score in the report is another one.",
    ]
    if found.get("learnt"):
        blocks.append(
            "The strategy has learnt from these rows: what it scores on others is in its report,"
            " where each row was answered by a fit of the other folds."
        )
    if found["others"]:
        rows = [
            [plain(one["id"]), *(plain(one[key], 80) for key in ("target", "arm", "export"))]
            for one in found["others"]
        ]
        blocks += [
            "The first rows that differ:",
            table(["row", "target", "arm", "export"], rows, 4),
        ]
    return blocks


def _scores(found: dict[str, Any]) -> list[list[str]]:
    return [
        [side, score(found[side]["value"]), _bounds(found[side]), count(found["unparsed"][side])]
        for side in ("arm", "export")
    ]


def _bounds(interval: dict[str, Any]) -> str:
    if interval["low"] is None or interval["high"] is None:
        return NOT_MEASURED
    return between(interval["low"], interval["high"])


def _points(interval: dict[str, Any]) -> str:
    if interval["low"] is None:
        return f"{points(interval['value'])} points, no interval"
    return (
        f"{points(interval['value'])} points ({between(interval['low'], interval['high'], points)})"
    )
