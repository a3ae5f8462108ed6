"""A log of served questions held against the test set: what has changed, over time, which groups
are new, and a sheet of what to label next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
from assay.presentation import section_spec as spec
from assay.presentation.number_format import FORMATS
from assay.presentation.plots import forest
from assay.presentation.svg import Dot
from assay.web.chat_session import LOG
from assay.web.forms import read_form, whole_number
from assay.web.pages import page
from assay.web.web_project import WebProject

FEW = 200  # files that are offered
NEXT = "next.csv"  # what to label next
GROUP = "group-{}.csv"  # the questions of a new group
LEVEL = 0.01  # of p, corrected for the number of parts, from which a part stands out
CAPTION = "As many questions in each part, 95 % intervals. Bold: unlike the held-back rows."
FAILURES = {"abstained": "said that it does not know", "unreadable": "could not be read"}
FAILURES |= {"cut": "were cut off", "refused": "were refused", "doubtful": "had little confidence"}


def logs(project: WebProject) -> list[str]:
    """Files beside the project file that may be logs: those of data that the project does not
    name."""
    folder = file_of(project.target).parent
    own = load(file_of(project.target))
    named = {path.name for paths in own.files.values() for path in paths}
    known = {path.name for path in (own.annotations, own.decisions) if path} | {NEXT}
    names = [path.name for path in sorted(folder.iterdir()) if path.is_file()]
    found = [name for name in names if is_data(name) and name not in named | known]
    found = [name for name in found if not name.startswith(GROUP.partition("{")[0])]
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
        over_time=over_time(found.data) if found else [],
        since=since(found.data) if found else "",
    )


def over_time(data: dict[str, Any]) -> Sequence[spec.Block]:
    """The log in parts of as many questions each: how many lie far from training, and how many
    answers failed; nothing where it has no times."""
    windows, held = data["windows"], data["far"]["held_back"]["value"]
    if not windows:
        return ()
    shares = [(window, window["far"]) for window in windows]
    dots = [
        Dot(
            window_name(window), 0, share["value"], share["low"], share["high"], window["p"] < LEVEL
        )
        for window, share in shares
    ]
    said = {"axis": "share of questions that lie far from training", "caption": CAPTION}
    title, about = "Questions far from training, over time", "A row for each part of the log."
    line_at = (held, f"held-back rows: {held:.2f}")
    plot = forest("windows", dots, line_at=line_at, title=title, about=about, header="part", **said)
    kinds = [kind for kind in FAILURES if any(failed(window, kind) for window in windows)]
    rows = [
        (
            window_name(window),
            f"{window['questions']:,}",
            *(percent(window["rates"].get(kind)) for kind in kinds),
            FORMATS["p"](window["p"]),
        )
        for window in windows
    ]
    header = ("part", "questions", *(FAILURES[kind] for kind in kinds), "p")
    failures = ", and the share of answers that failed" if kinds else ""
    table = spec.Table(
        f"The parts{failures}. p: chance of questions so unlike the held-back rows by accident.",
        header,
        [spec.TableRow(r) for r in rows],
    )
    return (spec.Figure(plot), table)


def since(data: dict[str, Any]) -> str:
    """From which part of the log on its questions are unlike the held-back rows; "" where none, or
    the first one already, is."""
    unlike = [window["p"] < LEVEL for window in data["windows"]]
    if not any(unlike) or unlike[0]:
        return ""
    return f" since {data['windows'][unlike.index(True)]['from'][:10]}"


def failed(window: dict[str, Any], kind: str) -> float:
    """The share of the part's answers that failed so; 0 where it is not known."""
    return window["rates"].get(kind, {"value": 0.0})["value"]


def window_name(window: dict[str, Any]) -> str:
    """Its days, without the year where that is one; of one day its hours."""
    start, end = window["from"], window["to"]
    if start[:10] == end[:10]:
        return f"{start[5:10]} {start[11:16]} to {end[11:16]}"
    first = 5 if start[:4] == end[:4] else 0
    return f"{start[first:10]} to {end[first:10]}"


def percent(share: dict[str, Any] | None) -> str:
    return "–" if share is None else f"{100 * share['value']:.1f} %"


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
    """What to label next, or the questions of a new group, as a sheet beside the project file."""
    asked = (await read_form(request)).get("group", "")
    if project.watched is None:
        raise HTTPException(404, "No log was looked at yet.")
    _, found = project.watched
    assert isinstance(found, Watched)
    group = whole_number(asked)
    name = NEXT if group is None else GROUP.format(group)
    if group is None and not found.data["next"]:
        raise DataError(Problem("D090", "there is nothing to label in this log", project.near))
    count = await asyncio.to_thread(found.to_next, file_of(project.target).parent / name, group)
    return page(
        "watch_sheet",
        title=f"{project.name}: sheet",
        project=project,
        tab="watch",
        out=name,
        count=count,
    )


ROUTES: dict[str, Any] = {"watch": log_page}
FORMS: dict[str, Any] = {"watch/run": run, "watch/sheet": sheet}
