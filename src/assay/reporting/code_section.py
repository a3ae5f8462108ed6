"""The part of the report on code: what running each arm's answers came to, and how the failures
failed."""

from __future__ import annotations

from typing import Any

from assay.decision import uncertainty
from assay.presentation import section_spec as spec
from assay.presentation.number_format import between
from assay.reporting.outcome_counts import KINDS
from assay.reporting.report_view import ReportView


def section(seen: ReportView) -> spec.Section:
    kinds, data = outcome_kinds(seen.data), seen.data
    rows = [
        seen.arm_row(i, *seen.arm(i)["outcomes"].numbers("count", *(key for key, _ in kinds)))
        for i, _ in arms(data)
    ]
    caption = "Each answer was run in a sandbox, against its row's tests or its reference query."
    table = spec.Table(caption, ("strategy", *(words for _, words in kinds)), rows)
    blocks = [spec.Paragraph(sentence(data)), table] if rows else []
    return spec.Section("outcomes", "What running the answers came to", blocks)


def arms(data: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(index, strategy) of the arms whose answers were run, best first."""
    found = [(i, one) for i, one in enumerate(data["strategies"]) if one.get("outcomes")]
    return sorted(found, key=lambda pair: -pair[1]["outcomes"]["passed"])


def outcome_kinds(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The kinds that some answer came to."""
    there = {key for _, one in arms(data) for key, n in one["outcomes"].items() if n}
    return [(key, words) for key, words, _ in KINDS if key in there or key == "passed"]


def sentence(data: dict[str, Any]) -> str:
    """How many answers of the best arm passed, and what most of the others came to."""
    one = arms(data)[0][1]
    found, n = one["outcomes"], one["n"]
    value = one["metrics"][data["task"]["metric"]]
    what = "queries" if data["task"]["metric"] == "sql_match" else "programs"
    ends = between(value["low"], value["high"], why=uncertainty.why_none(data))
    level = f"{100 * data['task']['level']:g} %"
    said = (
        f"{found['passed']:,} of the {n:,} {what} of {one['name']} passed ({value['value']:.3f},"
        f" {ends} at {level})."
    )
    failed = [(found[key], words) for key, _, words in KINDS if key != "passed" and found[key]]
    if failed:
        parts = [f"{count:,} {words}" for count, words in sorted(failed, reverse=True)]
        said += f" Of the {n - found['passed']:,} others, {', '.join(parts)}."
    return said
