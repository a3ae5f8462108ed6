"""One row with all that is known of it, and what stands around it."""

from __future__ import annotations

import asyncio

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from assay.core.errors import AssayError
from assay.presentation.number_format import shorten
from assay.web.compare import CompareQuery, fitting_rows
from assay.web.compare_pages import (
    CUT,
    DIFFERS,
    address_values,
    mark_differences,
    not_yet,
    rows_beside,
)
from assay.web.forms import whole_number
from assay.web.pages import page
from assay.web.row_matrix import RowMatrix
from assay.web.web_project import WebProject


def row(request: Request, project: WebProject) -> Response:
    """Everything of one row, all strategies."""
    asked = dict(request.query_params)
    matrix, report, run = rows_beside(project, asked)
    if matrix is None or report is None:
        return not_yet(project)
    at = _row_number(request, matrix)
    query = CompareQuery.of(asked, matrix, report)
    rows = fitting_rows(matrix, query)
    place = int(np.searchsorted(rows, at)) if query.sort == "" else -1
    around = rows[place] == at if 0 <= place < len(rows) else False
    columns = list(dict.fromkeys([*query.columns, *range(len(matrix.names))]))
    (lines,) = matrix.lines([at], columns)
    arms = {one["name"]: index for index, one in enumerate(report["strategies"])}
    return page(
        "row",
        title=f"{project.name}: {matrix.ids[at]}",
        project=project,
        tab="compare",
        at=at,
        id=matrix.ids[at],
        question=matrix.questions[at],
        target=matrix.targets[at],
        slices={name: values[at] for name, values in matrix.slices.items()},
        answers=[
            {
                "name": matrix.names[column],
                "mark": arms[matrix.names[column]],
                "right": bool(matrix.right[at, column]),
                "answer": None
                if line["answer"] is None
                else mark_differences(line["answer"], matrix.targets[at], DIFFERS),
                "raw": line["raw"] if line["raw"] != line["answer"] else "",
                "score": None if np.isnan(matrix.score[at, column]) else matrix.score[at, column],
                "sure": line.get("confidence"),
                "passages": line.get("passages", []),
                "outcome": line.get("outcome_text", ""),
            }
            for column, line in zip(columns, lines, strict=True)
        ],
        before=int(rows[place - 1]) if around and place > 0 else None,
        after=int(rows[place + 1]) if around and place + 1 < len(rows) else None,
        among=len(rows),
        metric=report["task"]["metric"].replace("_", " "),
        values={**address_values(matrix, query), "run": run},
    )


def _row_number(request: Request, matrix: RowMatrix) -> int:
    number = whole_number(request.path_params["row"])
    if number is None or number >= len(matrix):
        raise HTTPException(404)
    return number


async def context(request: Request, project: WebProject) -> Response:
    """What stands around a row: its tokens, and the training rows that are most like it."""
    matrix = await asyncio.to_thread(project.matrix)
    if matrix is None:
        return not_yet(project)
    at = _row_number(request, matrix)
    assert project.data is not None
    columns = CompareQuery.of(dict(request.query_params), matrix, project.data).columns
    (lines,) = matrix.lines([at], columns)
    found, similar, tokens, fault = None, [], None, ""
    try:
        found = await asyncio.to_thread(project.context.example, matrix.ids[at])
        if found is not None:
            similar = await asyncio.to_thread(project.context.similar, found)
            tokens = await asyncio.to_thread(project.context.tokens, found)
    except AssayError as error:  # the rows cannot be prepared as they are, or the model is not here
        fault = str(error)
    return page(
        "row_context",
        title=f"{project.name}: around {matrix.ids[at]}",
        project=project,
        tab="compare",
        at=at,
        id=matrix.ids[at],
        target=matrix.targets[at],
        row=found,
        question=matrix.questions[at],
        said=[
            {
                "name": matrix.names[column],
                "right": bool(matrix.right[at, column]),
                "answer": line["answer"],
            }
            for column, line in zip(columns, lines, strict=True)
        ],
        similar=[(share, one, shorten(one.text, CUT)) for share, one in similar],
        tokens=tokens,
        model=project.context.model if tokens else "",
        fault=fault,
        asked=request.url.query,
    )


ROUTES = {"row/{row}": row, "row/{row}/context": context}
