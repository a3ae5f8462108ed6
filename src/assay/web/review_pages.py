"""Two strategies' answers rated blind, one pair a page. Nothing of the page says whose is whose."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from assay.audits.human_review.review import FROM_USERS, Review
from assay.audits.human_review.sheets import REASONS
from assay.audits.human_review.tally import CHOICES, Rating
from assay.core.errors import DataError, Problem, UsageError
from assay.web.forms import read_form
from assay.web.label_pages import PERSON
from assay.web.pages import page, query_text
from assay.web.web_project import WebProject

# choice -> its key and words
BUTTONS = {"A": ("1", "A is better"), "B": ("2", "B is better")}
BUTTONS |= {"tie": ("0", "Equally good"), "bad": ("x", "Both are bad")}
PAIRS = 60
LONGEST = 2_000  # characters of a note


def review(request: Request, project: WebProject) -> Response:
    found, who = Review.of(project.target), request.query_params.get("who", "")
    items = {id: one for id, one in found.items.items() if one.split != FROM_USERS}
    ratings = found.ratings
    mine = {one.id: one for one in ratings if one.reviewer == who}
    values: dict[str, Any] = {
        "title": f"{project.name}: review",
        "project": project,
        "tab": "review",
        "mark": request.app.state.mark,
        "who": who,
        "people": sorted({one.reviewer for one in ratings}),
        "count": len(items),
        "done": sum(id in items for id in mine),
    }
    if not PERSON.fullmatch(who) or not items:
        return page("review_begin", **values)
    asked = request.query_params.get("pair", "")
    id = asked if asked in items else next((id for id in items if id not in mine), "")
    if not id:
        return page("review_done", **values)
    return page(
        "review",
        item=items[id],
        said=mine.get(id),
        buttons=BUTTONS,
        reasons=REASONS,
        before=request.query_params.get("before", ""),
        **values,
    )


async def draw(request: Request, project: WebProject) -> Response:
    """Pairs of the recommended strategy and its rival, from the test rows."""
    form = await read_form(request)
    await asyncio.to_thread(Review.of(project.target).draw, rows=PAIRS, offline=True)
    asked = {"who": form.get("who", "")}
    return RedirectResponse(f"/p/{project.id}/review{query_text(asked)}", 303)


async def rate(request: Request, project: WebProject) -> Response:
    form = await read_form(request)
    who, id, choice = form.get("who", ""), form.get("id", ""), form.get("choice", "")
    if not PERSON.fullmatch(who):
        raise UsageError(Problem("C073", "a name has 1 to 40 letters, digits, - and _", "who"))
    found = Review.of(project.target)
    if id not in found.items:
        raise DataError(Problem("D087", "nothing with this id was shown here", id[:80]))
    if choice not in CHOICES:
        raise DataError(Problem("D025", f"choose one of {', '.join(CHOICES)}", "choice"))
    reasons = tuple(name for name in REASONS if form.get(f"reason:{name}"))
    found.add([Rating(id, who, choice, reasons, form.get("note", "").strip()[:LONGEST])])
    asked = {"who": who, "before": id}
    return RedirectResponse(f"/p/{project.id}/review{query_text(asked)}", 303)


ROUTES: dict[str, Any] = {"review": review}
FORMS: dict[str, Any] = {"review/draw": draw, "review/rate": rate}
