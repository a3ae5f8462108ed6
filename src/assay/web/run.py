"""`assay ui`: the socket, the key in the address, and the projects that are shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from assay.core.errors import Problem, UsageError
from assay.core.project_paths import file_of
from assay.deployment.server.auth import names_of

LETTERS = 24  # bytes of the key


def refuse_missing() -> None:
    """
    Raises:
        UsageError: C152, what the page needs is not installed.
    """
    missing = [
        name
        for name in ("starlette", "uvicorn", "jinja2", "python_multipart")
        if find_spec(name) is None
    ]
    if missing:
        text = f"the page needs {', '.join(missing)}"
        raise UsageError(Problem("C152", text, help="pip install 'assay[serve]'"))


def ui(
    targets: Sequence[Path],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    names: Sequence[str] = (),
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the page of these projects until the process is asked to stop.

    Args:
        targets: folders or files of projects. port: 0: any that is free. names: further host names
            that it is called by. ready: told the address, with the key, once it listens.

    Raises:
        UsageError: C152. DataError: D001, there is no such project. ResourceError: R055, the
            address is taken.
    """
    refuse_missing()
    from assay.deployment.server.admission import InFlightRequests
    from assay.deployment.server.limits import ServerLimits
    from assay.deployment.server.listening import bind_socket, listen
    from assay.web.app import app
    from assay.web.web_project import WebProject

    token = secrets.token_urlsafe(LETTERS)
    hosts = names_of(host, tuple(names), (token,))
    found = bind_socket(host, port)
    try:
        shown = f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{found.getsockname()[1]}/?token={token}"
        made = app([WebProject(target) for target in targets], token, hosts)
        listen(
            made,  # type: ignore[arg-type]
            found,
            ServerLimits(hosts=hosts),
            InFlightRequests(),
            1.0,
            lambda: ready(address),
        )
    finally:
        found.close()


def projects_at(target: Path) -> list[Path]:
    """The project that the folder is, or those that lie in it."""
    if file_of(target).is_file():
        return [target]
    return sorted(file.parent for file in target.glob("*/project.yaml"))
