"""Rows x strategies, filtered, and as CSV."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from assay.presentation.number_format import clean, shorten
from assay.web.compare import (
    PAGE,
    SHOWS,
    SORTS,
    CompareQuery,
    as_csv,
    counts,
    fitting_rows,
    groups,
)
from assay.web.overview_pages import past_reports
from assay.web.pages import page
from assay.web.row_matrix import RowMatrix, join_runs
from assay.web.web_project import WebProject

CUT = 400  # characters of a text in the table; a row's own page has it whole
RUNS = 20  # earlier ones that are offered
LABELS = 200  # targets that may be chosen from; of more one searches
DIFFERS = 2_000  # characters up to which two texts are compared word by word


def compare(request: Request, project: WebProject) -> Response:
    asked = dict(request.query_params)
    matrix, report, run = rows_beside(project, asked)
    if matrix is None or report is None:
        return not_yet(project)
    query = CompareQuery.of(asked, matrix, report)
    rows = fitting_rows(matrix, query)
    pages = max(1, -(-len(rows) // PAGE))
    at = min(query.page, pages)
    shown = [int(row) for row in rows[(at - 1) * PAGE : at * PAGE]]
    return page(
        "compare",
        title=f"{project.name}: rows",
        project=project,
        tab="compare",
        heads=column_heads(matrix, report, query),
        rows=[
            row_view(matrix, query, row, lines)
            for row, lines in zip(shown, matrix.lines(shown, query.columns), strict=True)
        ],
        found=len(rows),
        groups=groups(matrix, rows) if len(rows) < len(matrix) else [],
        whole=len(matrix),
        at=at,
        pages=pages,
        values={**address_values(matrix, query), "run": run, "page": at if at > 1 else ""},
        runs=past_reports(project)[:RUNS],
        shows=_show_names(matrix, query),
        sorts=SORTS,
        names=matrix.names,
        labels=_labels(matrix, report),
        slices=_slices(matrix),
        knows=bool(np.isfinite(matrix.sure[:, query.columns[0]]).any()),
        first=matrix.names[query.columns[0]],
        base=matrix.names[query.base],
    )


def rows_beside(
    project: WebProject, asked: dict[str, str], wait: float = 0.6
) -> tuple[RowMatrix | None, dict[str, Any] | None, str]:
    """The rows, the report, and the number of the earlier run that stands beside, if one does."""
    matrix, report = project.matrix(wait), project.data
    past = project.past(asked.get("run", "")) if matrix is not None else None
    if matrix is None or report is None or past is None:
        return matrix, report, ""
    data, other = past
    run = asked["run"]
    both = join_runs(matrix, other, lambda name: f"{name} (run {run})")
    if both is None:
        return matrix, report, ""
    renamed = [{**one, "name": f"{one['name']} (run {run})"} for one in data["strategies"]]
    strategies = [*report["strategies"], *renamed]
    return both, {**report, "strategies": strategies}, run


def _show_names(matrix: RowMatrix, query: CompareQuery) -> dict[str, tuple[str, int]]:
    """What each choice of rows is called, and how many there are."""
    names = {"first": matrix.names[query.columns[0]], "base": matrix.names[query.base]}
    found = counts(matrix, query)
    return {
        key: (words.format(n=len(query.columns), **names), found[key])
        for key, words in SHOWS.items()
    }


def not_yet(project: WebProject) -> Response:
    if project.data is None:
        return page("empty", title=project.name, project=project, tab="compare")
    share = round(100 * project.share)
    return page(
        "reading",
        title=project.name,
        project=project,
        tab="compare",
        share=share,
        fault=project.fault,
    )


def address_values(matrix: RowMatrix, query: CompareQuery) -> dict[str, Any]:
    """What an address has to say to bring this view back."""
    return {
        "arms": ",".join(matrix.names[column] for column in query.columns),
        "against": matrix.names[query.base],
        "show": query.show,
        "q": query.text,
        "label": query.label,
        "slice": query.slice,
        "below": "" if np.isnan(query.below) else f"{query.below:g}",
        "sort": query.sort,
    }


def column_heads(
    matrix: RowMatrix, report: dict[str, Any], query: CompareQuery
) -> list[dict[str, Any]]:
    """Of each column: name, mark, score with interval."""
    metric = report["task"]["metric"]
    arms = {one["name"]: (index, one) for index, one in enumerate(report["strategies"])}
    found = []
    for column in query.columns:
        index, one = arms[matrix.names[column]]
        found.append(
            {
                "name": one["name"],
                "mark": index,
                "metric": metric.replace("_", " "),
                **_score(one, metric),
                "chosen": one["name"] == report["verdict"]["recommended"],
            }
        )
    return found


def _score(one: dict[str, Any], metric: str) -> dict[str, Any]:
    """Value and interval; nothing where an earlier run judged by another metric."""
    return one["metrics"].get(metric) or dict.fromkeys(("value", "low", "high"))


def row_view(
    matrix: RowMatrix, query: CompareQuery, row: int, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    target = matrix.targets[row]
    return {
        "row": row,
        "id": matrix.ids[row],
        "question": shorten(matrix.questions[row], CUT),
        "target": shorten(target, CUT),
        "cells": [
            {
                "right": bool(matrix.right[row, column]),
                "answer": None
                if line["answer"] is None
                else mark_differences(line["answer"], target, CUT),
                "score": float(matrix.score[row, column]),
                "sure": float(matrix.sure[row, column]),
            }
            for column, line in zip(query.columns, lines, strict=True)
        ],
    }


def mark_differences(answer: str, target: str, width: int) -> Markup:
    """The answer, with the words that the target does not have underlined."""
    answer = shorten(answer, width)
    if answer == target or len(answer) + len(target) > DIFFERS or " " not in answer.strip():
        return Markup(escape(clean(answer)))
    words, wanted = answer.split(" "), target.split(" ")
    out: list[Markup] = []
    matcher = difflib.SequenceMatcher(None, wanted, words, autojunk=False)
    for kind, _, _, low, high in matcher.get_opcodes():
        some = escape(clean(" ".join(words[low:high])))
        if low < high:
            out.append(some if kind == "equal" else Markup("<u>{}</u>").format(some))
    return Markup(" ").join(out)


def _labels(matrix: RowMatrix, report: dict[str, Any]) -> list[str]:
    found = sorted(set(matrix.targets))
    return found if len(found) <= LABELS else []


def _slices(matrix: RowMatrix) -> dict[str, list[str]]:
    found = {name: sorted(set(values)) for name, values in matrix.slices.items()}
    return {name: values for name, values in found.items() if 1 < len(values) <= LABELS}


def download(request: Request, project: WebProject) -> Response:
    """The rows that a view has, as CSV."""
    asked = dict(request.query_params)
    matrix, report, _ = rows_beside(project, asked, 60)
    if matrix is None or report is None:
        raise HTTPException(404)
    query = CompareQuery.of(asked, matrix, report)
    lines = as_csv(matrix, query, fitting_rows(matrix, query))
    headers = {"content-disposition": 'attachment; filename="rows.csv"'}
    return Response("".join(lines), media_type="text/csv; charset=utf-8", headers=headers)


ROUTES = {
    "compare": compare,
    "compare/rows.csv": download,
}
