"""The run: what is planned, how far it is, start and stop. The page follows the run's own log, as
`assay report --follow` does; a run that it starts goes on when the page is closed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from assay.core.errors import Problem, UsageError
from assay.core.file_ownership import make_folder, opener
from assay.core.module_path import import_settings
from assay.core.project_paths import place
from assay.presentation import section_spec as spec
from assay.runtime.events.log import LOCK
from assay.runtime.events.progress_rate import HEAT, duration
from assay.runtime.events.run_follower import holder
from assay.web.forms import read_form
from assay.web.live_run import LiveRun, RunState, plots_of, rows_of
from assay.web.pages import environment, page
from assay.web.streams import Streamed
from assay.web.web_project import WebProject

EVERY = 0.5  # seconds between two looks for those who follow
STREAMS = 16  # that follow at once; more look again by themselves
BEGINS = 15.0  # seconds that a started run has to show itself
SAID = "page-run.log"  # in work/: what a run that was started here has said
TAIL = 2_000  # bytes of it that are shown where it did not come to its end
NUMBER = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")
_following = 0


def run(request: Request, project: WebProject, plan: str | None = None) -> Response:
    # Asked once: the buttons of a page are those of the state that it shows.
    goes_on = project.run.goes_on
    return page(
        "run",
        title=f"{project.name}: run",
        project=project,
        tab="run",
        mark=request.app.state.mark,
        state=state_html(project.run, goes_on),
        goes_on=goes_on,
        plan=plan,
    )


def plan(request: Request, project: WebProject) -> Response:
    """What a run would do, as `assay run --plan` says it."""
    command = [*_command(project), "--plan"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, **import_settings()},
        )
        text = (done.stdout + done.stderr).strip()
    except subprocess.TimeoutExpired:
        text = f"It takes longer than two minutes; in the terminal: assay run {project.near} --plan"
    return run(request, project, text)


def last_words(live: LiveRun, begun: float) -> str:
    """What a run that was started here has said last, where it is newer than what the log has."""
    file = live.work / SAID
    if not file.exists() or file.stat().st_mtime < begun:
        return ""
    with file.open("rb") as said:
        said.seek(max(0, file.stat().st_size - TAIL))
        return said.read().decode("utf-8", "replace").strip()


def state_html(live: LiveRun, goes_on: bool) -> str:
    """What changes while a run goes on."""
    with live.look() as state:
        now = time.time() if goes_on else state.last
        values = {
            "goes_on": goes_on,
            "begun": state.begun is not None,
            "ended": state.ended,
            "parts": _parts(state, now, goes_on),
            **_tables(state, now, goes_on),
            "plots": [spec.Figure(plot) for plot in plots_of(state)],
            "warnings": [(code, text, count) for (code, text), count in state.warnings.items()],
            "notes": list(state.notes),
            "said": "" if goes_on or state.ended else last_words(live, state.begun or 0.0),
        }
    return environment().get_template("run_state.html").render(values)


def _tables(state: RunState, now: float, goes_on: bool) -> dict[str, list[dict[str, Any]]]:
    """`rows`, and apart from them `heats`: a race has as many as strategies, and once these
    themselves have begun its heats that are over only stand in the way."""
    rows = rows_of(state, now, goes_on=goes_on)
    strategies = state.whole.arms if state.whole else []
    if not any(name in state.results or name in state.stages for name in strategies):
        return {"rows": rows, "heats": []}
    heats = [one for one in rows if one["name"].startswith(HEAT) and one["state"] != "running"]
    return {"rows": [one for one in rows if one not in heats], "heats": heats}


def _parts(state: RunState, now: float, goes_on: bool) -> list[str]:
    """How far a run is; of one that is over how long it took."""
    if state.begun is None:
        return []
    if not goes_on:
        return [f"after {duration(now - state.begun)}"]
    return state.whole.parts(now, state.stages) if state.whole else []


async def start(request: Request, project: WebProject) -> Response:
    minutes = read_minutes(await read_form(request))
    return await start_run(project, ["--minutes", minutes] if minutes else [])


def read_minutes(form: dict[str, str]) -> str:
    """The field `minutes`; "" where it is empty.

    Raises:
        UsageError: C060, it is no number above 0.
    """
    minutes = form.get("minutes", "").strip()
    if minutes and not (NUMBER.fullmatch(minutes) and float(minutes) > 0):
        raise UsageError(
            Problem("C060", f"minutes: {minutes[:40]} is no number above 0", "minutes")
        )
    return minutes


async def start_run(project: WebProject, options: list[str]) -> Response:
    """`assay run` with these options; to the page that follows it.

    Raises:
        UsageError: R003, a run goes on.
    """
    if project.run.goes_on:
        raise UsageError(Problem("R003", "a run goes on in this project", project.near))
    started = start_process([*_command(project), *options], place(project.target, "work") / SAID)
    until = time.monotonic() + BEGINS
    while not project.run.goes_on and started.is_alive() and time.monotonic() < until:
        await asyncio.sleep(0.1)
    return RedirectResponse(f"/p/{project.id}/run", 303)


def start_process(command: list[str], said: Path) -> threading.Thread:
    """Start it as a process of its own, which does not end with this one; what waits for it."""
    make_folder(said.parent)
    with open(said, "ab", opener=opener) as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, **import_settings()},
        )
    # Nobody else waits for it, and one that has ended would look as if it went on.
    waits = threading.Thread(target=process.wait, daemon=True)
    waits.start()
    return waits


async def stop(request: Request, project: WebProject) -> Response:
    """As Ctrl-C in its terminal: the state is saved."""
    await read_form(request)
    pid = holder(place(project.target, "work") / LOCK)
    try:
        if pid is not None:
            os.kill(pid, signal.SIGINT)
    except OSError:  # it has ended meanwhile, or is another user's
        pid = None
    if pid is None:
        text = "no run goes on that may be stopped from here"
        raise UsageError(Problem("C109", text, project.near))
    return RedirectResponse(f"/p/{project.id}/run", 303)


async def follow(request: Request, project: WebProject) -> Response:
    """Server-sent events: the state as HTML whenever it has changed."""
    if _following >= STREAMS:
        raise HTTPException(503, "Too many follow the run; look again later.")
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Streamed(_states(project), "text/event-stream", headers)


async def _states(project: WebProject) -> AsyncGenerator[str]:
    global _following
    _following += 1
    try:
        before, idle = "", 0.0
        while True:
            shown = await asyncio.to_thread(state_html, project.run, project.run.goes_on)
            if shown != before:
                before, idle = shown, 0.0
                lines = "".join(f"data: {line}\n" for line in shown.splitlines())
                yield f"event: state\n{lines}\n"
            elif idle >= 15:
                idle = 0.0
                yield ": still here\n\n"  # so that a connection that is gone is noticed
            await asyncio.sleep(EVERY)
            idle += EVERY
    finally:
        _following -= 1


def _command(project: WebProject) -> list[str]:
    return [sys.executable, "-m", "assay.cli", "run", str(project.target.absolute()), "--plain"]


ROUTES: dict[str, Any] = {"run": run, "run/plan": plan, "run/events": follow}
FORMS: dict[str, Any] = {"run/start": start, "run/stop": stop}
