"""The part of the report on code: what running each arm's answers came to, and how the failures
failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from assay.core.types import Record, Task
from assay.decision import uncertainty as certain
from assay.presentation.number_format import between

# Key in report.json, heading, and what a row of this kind is, in a sentence.
KINDS = (
    ("passed", "passed", "passed"),
    ("wrong_value", "wrong value", "gave a wrong value"),
    ("exception", "exception", "ended with an exception"),
    ("timeout", "timeout", "were not done in time"),
    ("resources", "resources", "took or printed too much, or ended their process"),
    ("not_parsed", "not parsed", "held no code that can be read"),
    ("test", "no verdict", "could not be judged, since their tests or reference cannot be run"),
)


def counts(records: list[Record], task: Task) -> dict[str, int] | None:
    """Rows by what their answers came to; None where the task is no code."""
    if task.kind != "code":
        return None
    from assay.evaluation.code_outcomes import outcomes

    found = Counter(one.kind.replace(" ", "_") for one in outcomes(records, task))
    return {key: found[key] for key, _, _ in KINDS}


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
    ends = between(value["low"], value["high"], why=certain.why_none(data))
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
