"""The command `assay serve`: arms of a project behind OpenAI's routes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.outcome import say
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at

if TYPE_CHECKING:
    from assay.deployment.server.run import Open

EXAMPLE = "Example: assay serve lora --project tickets"

Arms = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ARM...",
        help="Arms to serve, or base; the recommended arm and the base if left out.",
    ),
]
Folder = Annotated[Path, typer.Option("--project", help="The project folder.")]
Host = Annotated[
    str | None,
    typer.Option(
        "--host", help="The address to listen on, 127.0.0.1; another than this machine needs a key."
    ),
]
Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="8000; 0: any that is free.")
]
Keys = Annotated[
    Path | None,
    typer.Option(
        "--api-key-file", metavar="FILE", help="Keys, one a line; else the one in ASSAY_API_KEY."
    ),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A further name that the server is called by; may be repeated.",
    ),
]
EngineOf = Annotated[
    str | None, typer.Option("--engine", help="What writes: own, llama.cpp or vllm.")
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="[ARM=]PATH",
        help="For llama.cpp a GGUF file, for vllm the folder of a merged model; may be repeated.",
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Keep questions and answers, JSON lines; personal data may be in them.",
    ),
]
Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0, help="Requests a minute of one key or address; 0: any number."),
]
Seconds = Annotated[
    float | None, typer.Option("--seconds", min=1, max=86400, help="That an answer may take; 600.")
]
Grace = Annotated[
    float | None,
    typer.Option("--grace", min=0, max=3600, help="Seconds for running answers when stopped; 30."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network to fetch a model.")]
Json = Annotated[bool, typer.Option("--json", help="Say the address as one JSON document.")]
Plain = Annotated[
    bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]


def serve(
    arms: Arms = None,
    project: Folder = Path(),
    host: Host = None,
    port: Port = None,
    api_key_file: Keys = None,
    allow_host: Names = None,
    engine: EngineOf = None,
    weights: Weights = None,
    log: Log = None,
    rate: Rate = None,
    seconds: Seconds = None,
    grace: Grace = None,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Answer requests of OpenAI's clients with fitted arms, until Ctrl-C or SIGTERM.

    What is left out is what project.yaml says under serve.
    """
    from assay.cli.display import for_terminal
    from assay.deployment.server import run as serving
    from assay.deployment.server.auth import keys_of

    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        serving.serve(
            project_at(project),
            arms or (),
            host=host,
            port=port,
            engine=engine,
            weights=_by_arm(weights or (), arms or ()),
            keys=keys_of(api_key_file),
            names=allow_host or (),
            log=log,
            rate=rate,
            seconds=seconds,
            grace=grace,
            offline=offline,
            tell=display.tell,
            ready=lambda found: _ready(found, as_json),
        )
    return 0


def _by_arm(weights: Sequence[str], arms: Sequence[str]) -> dict[str, str]:
    """Where each arm's weights are. A path without a name is that of the only arm."""
    found = {}
    for one in weights:
        name, mark, path = one.partition("=")
        if not mark and len(arms) != 1:
            text = f"whose weights are in {one}? There are {len(arms)} arms"
            raise UsageError(Problem("C153", text, "--weights", f"--weights ARM={one}"))
        found[name if mark else arms[0]] = path if mark else one
    return found


def _ready(found: Open, as_json: bool) -> None:
    from assay.core.store import to_json

    if as_json:
        # One line, flushed, for what has started this process and waits to be told the port.
        print(
            to_json({"address": found.address, "models": list(found.models), "key": found.key}),
            flush=True,
        )
        return
    say(f"serving  {', '.join(found.models)}")
    say(f"at       {found.address}/v1   (Ctrl-C stops)")
    key = ' -H "Authorization: Bearer $ASSAY_API_KEY"' if found.key else ""
    body = f'{{"model": "{found.models[0]}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
    say(
        f"try      curl {found.address}/v1/chat/completions -H 'Content-Type:"
        f" application/json'{key} -d '{body}'"
    )
