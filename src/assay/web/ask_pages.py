"""A question to one to four strategies side by side, and what a person says of the answers."""

from __future__ import annotations

import shlex
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from assay.config.serve import BASE, Serve
from assay.core.errors import AssayError, Problem, UsageError
from assay.core.store import to_json
from assay.decision.decision_table import rival_of
from assay.deployment.server.stream import Gone, while_there
from assay.deployment.streaming import Sampling
from assay.presentation.number_format import clean
from assay.web.chat_session import LONGEST
from assay.web.forms import read_form
from assay.web.pages import page
from assay.web.streams import Streamed, pieces_of
from assay.web.web_project import WebProject

MOST = 4  # strategies side by side


def _names(project: WebProject) -> list[str]:
    """Strategies that may be asked, the recommended one first."""
    data = project.data
    if data is None:
        return []
    done = [one["name"] for one in data["strategies"] if one["status"] == "done"]
    first = [data["verdict"]["recommended"]] if data["verdict"]["recommended"] else []
    base = [BASE] if data["environment"].get("models") else []
    return list(dict.fromkeys([*first, *done, *base]))


def ask(request: Request, project: WebProject) -> Response:
    names = _names(project)
    if not names:
        return page("empty", title=project.name, project=project, tab="ask")
    last = project.chat.exchanges[0] if project.chat.exchanges else None
    rival = rival_of(project.data) if project.data else None
    first = [name for name in (names[0], rival) if name in names]
    chosen = [reply.arm for _, reply in last.replies] if last else first
    return page(
        "ask",
        title=f"{project.name}: ask",
        project=project,
        tab="ask",
        mark=request.app.state.mark,
        names=names,
        base=BASE,
        chosen=chosen,
        exchanges=list(project.chat.exchanges),
        commands=[
            commands(project.near, one.question, [reply.arm for _, reply in one.replies])
            for one in project.chat.exchanges
        ],
        log=project.chat.log_file.name,
        most=MOST,
    )


def commands(target: str, question: str, arms: Sequence[str]) -> str:
    """The same question from a shell, from Python, and from any program by HTTP."""
    body = {"model": arms[0], "messages": [{"role": "user", "content": question}]}
    port = Serve().port
    return "\n".join(
        [
            f"assay ask {shlex.quote(target)} {shlex.quote(question)} --compare {','.join(arms)}",
            "",
            "import assay",
            f"print(assay.ask({question!r}, {target!r}, {list(arms)!r}))",
            "",
            f"assay serve {shlex.quote(target)} --port {port}",
            f"curl http://127.0.0.1:{port}/v1/chat/completions -H 'content-type: application/json'"
            f" -d {shlex.quote(to_json(body))}",
        ]
    )


async def answer(request: Request, project: WebProject) -> Response:
    form = await read_form(request)
    question, names = _read_question(form, project)
    pieces = _pieces(project, question, names, _read_sampling(form))
    async with aclosing(pieces):
        try:
            await while_there(request.receive, _read_all(pieces))
        except Gone:
            return Response(status_code=499)
    return RedirectResponse(f"/p/{project.id}/ask", 303)


async def stream(request: Request, project: WebProject) -> Response:
    """The same as lines of JSON while it is written: {"arm", "text"} each, {"fault"} where it
    could not be."""
    form = await read_form(request)
    question, names = _read_question(form, project)
    lines = _lines(_pieces(project, question, names, _read_sampling(form)))
    return Streamed(lines, "application/jsonl")


def _pieces(
    project: WebProject, question: str, names: list[str], sampling: Sampling
) -> AsyncGenerator[tuple[str, str]]:
    return pieces_of(partial(project.chat.ask, question, names, sampling))


async def _read_all(pieces: AsyncGenerator[object]) -> None:
    async for _ in pieces:
        pass


async def _lines(pieces: AsyncGenerator[tuple[str, str]]) -> AsyncGenerator[str]:
    try:
        async with aclosing(pieces):
            async for arm, text in pieces:
                yield to_json({"arm": arm, "text": clean(text)}) + "\n"
    except AssayError as error:
        yield to_json({"fault": str(error)}) + "\n"
    except HTTPException as error:
        yield to_json({"fault": error.detail}) + "\n"


def _read_question(form: Mapping[str, str], project: WebProject) -> tuple[str, list[str]]:
    """
    Raises:
        UsageError: C060, there is no question, or not one to four strategies.
    """
    question = form.get("question", "").strip()
    names = [name for name in _names(project) if form.get(f"arm:{name}")]
    if not question or len(question) > LONGEST:
        text = "the question is empty" if not question else "the question is too long"
        raise UsageError(Problem("C060", text, "question", f"at most {LONGEST:,} characters"))
    if not 1 <= len(names) <= MOST:
        raise UsageError(Problem("C060", f"choose 1 to {MOST} strategies", "strategies"))
    return question, names


def _read_sampling(form: Mapping[str, str]) -> Sampling:
    """
    Raises:
        UsageError: C060, a field is no number, or one that cannot be.
    """
    found: dict[str, Any] = {}
    for name, kind in (("temperature", float), ("max_tokens", int)):
        said = form.get(name, "").strip()
        try:
            found |= {name: kind(said)} if said else {}
        except ValueError:
            raise UsageError(Problem("C060", f"'{said[:40]}' is no number", name)) from None
    return Sampling(**found)


async def rate(request: Request, project: WebProject) -> Response:
    form = await read_form(request)
    correction = form.get("correction", "").strip()
    project.chat.rate(form.get("id", ""), form.get("rating", ""), correction)
    return RedirectResponse(f"/p/{project.id}/ask", 303)


ROUTES: dict[str, Any] = {"ask": ask}
FORMS: dict[str, Any] = {"ask/answer": answer, "ask/stream": stream, "ask/rate": rate}
