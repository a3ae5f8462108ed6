"""The routes of the local page. Each answers HTML that is whole without a script.

access control -> route -> a project's report, rows or run -> template
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assay.core.errors import AssayError
from assay.web import (
    annotator_pages,
    ask_pages,
    compare_pages,
    data_pages,
    decide_pages,
    label_pages,
    new_pages,
    overview_pages,
    review_pages,
    row_pages,
    run_pages,
    update_pages,
    watch_pages,
)
from assay.web.access_control import AccessControl
from assay.web.pages import page, static
from assay.web.web_project import WebProject

ROOMS: tuple[Any, ...] = (
    overview_pages,
    compare_pages,
    row_pages,
    data_pages,
    decide_pages,
    run_pages,
    ask_pages,
    label_pages,
    annotator_pages,
    review_pages,
    watch_pages,
    update_pages,
)
TYPES = {"css": "text/css", "js": "text/javascript"}


def app(projects: Sequence[WebProject], token: str, hosts: tuple[str, ...] = ()) -> AccessControl:
    """The page of these projects.

    Args:
        token: of the address that opens it. hosts: names that it is called by; none: any.
    """
    projects = list(projects)  # those that are made on the page join it

    def home(request: Request) -> Response:
        if not projects:
            return RedirectResponse("/new", 303)
        if len(projects) == 1 and "all" not in request.query_params:
            return RedirectResponse(f"/p/{projects[0].id}/", 303)
        return page("home", title="Projects", projects=projects)

    def files(request: Request) -> Response:
        name = request.path_params["name"]
        found = static(name)
        if found is None:
            raise HTTPException(404)
        # Named by the version of the package, so that a browser asks once an update.
        return Response(found, media_type=TYPES[name.rpartition(".")[2]])

    def project_of(request: Request) -> WebProject:
        id = request.path_params["id"]
        found = next((one for one in projects if one.id == id), None)
        if found is None:
            raise HTTPException(404)
        return found

    def of_project(answer: Any) -> Callable[[Request], Any]:
        if iscoroutinefunction(answer):

            async def awaited(request: Request) -> Response:
                return await answer(request, project_of(request))

            return awaited
        return lambda request: answer(request, project_of(request))

    routes = [
        Route("/", home),
        Route("/static/{name}", files),
        Route("/new", new_pages.begin),
        Route("/new/guess", new_pages.guess),
        Route("/new/upload", new_pages.upload, methods=["POST"]),
        Route("/new/make", new_pages.make(projects), methods=["POST"]),
    ]
    for room in ROOMS:
        for path, answer in room.ROUTES.items():
            routes.append(Route(f"/p/{{id}}/{path}", of_project(answer)))
        for path, answer in getattr(room, "FORMS", {}).items():
            routes.append(Route(f"/p/{{id}}/{path}", of_project(answer), methods=["POST"]))
    handlers: Mapping[Any, Any] = {
        HTTPException: _http_error,
        AssayError: _assay_error,
        ClientDisconnect: lambda request, error: Response(status_code=499),
    }
    made = Starlette(routes=routes, exception_handlers=dict(handlers))
    guarded = AccessControl(made, token, hosts)
    made.state.mark, made.state.is_marked = guarded.mark, guarded.is_marked
    return guarded


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = "There is no such page." if error.status_code == 404 else error.detail
    return page("error", status=error.status_code, title=said, text="", help="")


def _assay_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AssayError)
    one = error.problems[0]
    return page(
        "error", status=400, title=f"{one.code} {one.text}", text=one.place, help=one.help or ""
    )
