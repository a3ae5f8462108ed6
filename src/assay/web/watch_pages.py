"""A log of served questions held against the test set: what has changed, over time, which groups
are new, and a sheet of what to label next."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from assay.config import load
from assay.core.command_hints import is_data
from assay.core.errors import DataError, Problem
from assay.core.project_paths import file_of
from assay.deployment.monitoring.report import ABOUT
from assay.deployment.monitoring.watch import Watched, watch
from assay.web.chat_session import LOG
from assay.web.forms import read_form
from assay.web.pages import page
from assay.web.web_project import WebProject

FEW = 200  # files that are offered
NEXT = "next.csv"  # what to label next


def logs(project: WebProject) -> list[str]:
    """Files beside the project file that may be logs: those of data that the project does not
    name."""
    folder = file_of(project.target).parent
    own = load(file_of(project.target))
    named = {path.name for paths in own.files.values() for path in paths}
    known = {path.name for path in (own.annotations, own.decisions) if path} | {NEXT}
    names = [path.name for path in sorted(folder.iterdir()) if path.is_file()]
    found = [name for name in names if is_data(name) and name not in named | known]
    return sorted(found, key=lambda name: name != LOG)[:FEW]


def log_page(request: Request, project: WebProject) -> Response:
    if project.data is None:
        return page("empty", title=project.name, project=project, tab="watch")
    name, found = project.watched if project.watched else ("", None)
    return page(
        "watch",
        title=f"{project.name}: watch",
        project=project,
        tab="watch",
        mark=request.app.state.mark,
        logs=logs(project),
        name=name,
        found=found.data if found else None,
        about=ABOUT,
        lines=found.lines() if found else [],
        sheet=NEXT,
    )


async def run(request: Request, project: WebProject) -> Response:
    form = await read_form(request)
    name = form.get("log", "")
    if name not in logs(project):
        raise HTTPException(404, "There is no such log beside the project file.")
    file = file_of(project.target).parent / name
    found = await asyncio.to_thread(watch, file, project.target, offline=True)
    project.watched = (name, found)
    return RedirectResponse(f"/p/{project.id}/watch", 303)


async def sheet(request: Request, project: WebProject) -> Response:
    """What to label next, as a sheet beside the project file."""
    await read_form(request)
    if project.watched is None:
        raise HTTPException(404, "No log was looked at yet.")
    _, found = project.watched
    assert isinstance(found, Watched)
    out: Path = file_of(project.target).parent / NEXT
    if not found.data["next"]:
        raise DataError(Problem("D090", "there is nothing to label in this log", project.near))
    await asyncio.to_thread(found.to_next, out)
    return page(
        "watch_sheet",
        title=f"{project.name}: sheet",
        project=project,
        tab="watch",
        out=NEXT,
        count=len(found.data["next"]),
    )


ROUTES: dict[str, Any] = {"watch": log_page}
FORMS: dict[str, Any] = {"watch/run": run, "watch/sheet": sheet}
