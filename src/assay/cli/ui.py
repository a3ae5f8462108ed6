"""The command `assay ui`: the local page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import Json, Quiet, flag, option
from assay.cli.outcome import say
from assay.core.errors import DataError, Problem

EXAMPLE = "Example: assay ui tickets --open"

Targets = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PROJECT", help="Projects, or a folder of some; left out: here."),
]
Host = Annotated[str, option("--host", "ADDRESS", "Where it listens.")]
Port = Annotated[int, option("--port", "N", "Port; 0: any that is free.", min=0, max=65535)]
Hosts = Annotated[
    list[str] | None, option("--allow-host", "NAME", "A further host name of it; may be repeated.")
]
Opens = Annotated[bool, flag("--open", "Open it in the browser.")]


def ui(
    projects: Targets = None,
    host: Host = "127.0.0.1",
    port: Port = 0,
    allow_host: Hosts = None,
    opens: Opens = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Look at projects in the browser until Ctrl-C.

    Verdict, rows and answers, the run that goes on. Whoever has the address, with its key, sees
    all of it.
    """
    from assay.web import run

    found = [one for target in projects or [Path()] for one in run.projects_at(target)]
    # In the folder that one is in the page begins with the data files there: a new project.
    if not found and any(one.resolve() != Path.cwd() for one in projects or []):
        here = str((projects or [Path()])[0])
        help = "assay run FILE makes one, and so does assay ui in the folder of the file"
        raise DataError(Problem("D001", "there is no project in it", here, help=help))

    def ready(address: str) -> None:
        if as_json:
            from assay.core.store import to_json

            print(to_json({"address": address}), flush=True)
        elif not quiet:
            say(f"at       {address}   (Ctrl-C stops)")
        if opens:
            typer.launch(address)

    run.ui(found, host=host, port=port, names=allow_host or (), ready=ready)
    return 0
