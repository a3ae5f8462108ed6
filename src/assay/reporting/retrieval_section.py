"""The part of the report on retrieval: which arms found what holds the answer, and what they made
of it."""

from __future__ import annotations

from typing import Any

from assay.decision.decision_table import higher_is_better
from assay.presentation import section_spec as spec
from assay.reporting.report_view import ReportView

# Key in report.json, heading. In the order of the way from question to answer.
FOUND = (
    ("recall", "recall"),
    ("complete", "all found"),
    ("mrr", "MRR"),
    ("ndcg", "nDCG"),
    ("precision", "precision"),
)
READ = (
    ("right_when_complete", "right if found"),
    ("right_when_missing", "right if missing"),
    ("support", "words in passages"),
    ("judged", "judged supported"),
    ("cites", "cites"),
    ("citation", "cites rightly"),
    ("abstained_rightly", "abstains rightly"),
    ("abstained_wrongly", "abstains wrongly"),
)
ERRORS = (
    ("right", "right, found"),
    ("right_elsewhere", "right, not found"),
    ("retrieval_error", "retrieval errors"),
    ("reading_error", "reading errors"),
)


def section(seen: ReportView) -> spec.Section:
    if not retrieving(seen.data):
        return spec.Section("retrieval", "Retrieval", ())
    blocks = [
        spec.Paragraph(sentence(seen.data)),
        _values(seen, FOUND, "What was found, by the documents noted for each row."),
        _errors(seen),
        _values(seen, READ, "What was made of it."),
        _parts(seen),
    ]
    return spec.Section("retrieval", "Retrieval", blocks)


def _values(seen: ReportView, of: tuple[tuple[str, str], ...], caption: str) -> spec.Table:
    """The metrics that some arm has a value of, by arm."""
    headings, rows = headings_with_values(seen.data, of), []
    for i, _ in retrieving(seen.data) if headings else ():
        values = seen.arm(i).at("retrieval", "values")
        cells = [
            values[key].with_interval("score") if key in values.value else None
            for key, _ in headings
        ]
        rows.append(seen.arm_row(i, *cells))
    return spec.Table(caption, ("strategy", *(words for _, words in headings)), rows)


def _errors(seen: ReportView) -> spec.Table:
    keys = [key for key, _ in ERRORS]
    rows = [
        seen.arm_row(i, *seen.arm(i)["retrieval"]["errors"].numbers("count", *keys))
        for i, _ in arms_with_errors(seen.data)
    ]
    caption = "Errors told apart: was everything at hand that the answer needs?"
    return spec.Table(caption, ("strategy", *(words for _, words in ERRORS)), rows)


def _parts(seen: ReportView) -> spec.Table:
    """Where the time of an answer goes."""
    rows = [
        (
            *(one["name"], part.value["name"]),
            part.number("ms", "seconds_per_answer"),
            part.number("three", "tokens_per_answer"),
        )
        for i, one in parts(seen.data)
        for part in seen.arm(i)["cost"]["answer_parts"]
    ]
    caption = "Where the time and the tokens of an answer go."
    columns = ("strategy", "part", "ms an answer", "tokens an answer")
    return spec.Table(caption, columns, rows, wide=False)


def retrieving(data: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(index, strategy) of the arms that hand passages to their answers, best first by what they
    found."""
    found = [(i, one) for i, one in enumerate(data["strategies"]) if one.get("retrieval")]
    metric, sign = data["task"]["metric"], 1 if higher_is_better(data) else -1
    return sorted(found, key=lambda pair: -sign * (pair[1]["metrics"][metric]["value"] or 0.0))


def headings_with_values(
    data: dict[str, Any], headings: tuple[tuple[str, str], ...]
) -> list[tuple[str, str]]:
    """Those of the headings for which an arm has a value."""
    there = {key for _, one in retrieving(data) for key in one["retrieval"]["values"]}
    return [(key, words) for key, words in headings if key in there]


def arms_with_errors(data: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """The arms whose errors can be told apart, because documents are noted."""
    return [(i, one) for i, one in retrieving(data) if one["retrieval"]["errors"]]


def sentence(data: dict[str, Any]) -> str:
    """What the best of these arms fails by."""
    arms = arms_with_errors(data)
    if not arms:
        return (
            "No row says which documents hold its answer, so retrieval errors"
            " cannot be told from reading errors. Name them in a column: data.columns.found_in."
        )
    one = arms[0][1]
    errors = one["retrieval"]["errors"]
    lost, misread = errors["retrieval_error"], errors["reading_error"]
    if not lost + misread:
        return f"{one['name']} makes no error on the rows whose documents are noted."
    more = (
        "what is retrieved"
        if lost > misread
        else "how the passages are read"
        if misread > lost
        else "both"
    )
    return (
        f"Of the {lost + misread:,} errors of {one['name']}, {lost:,} lack a document that holds"
        f" the answer (retrieval) and {misread:,} have all of them (reading): work on {more} first."
    )


def parts(data: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """The arms whose answers are made in steps that were timed."""
    return [(i, one) for i, one in enumerate(data["strategies"]) if one["cost"].get("answer_parts")]
