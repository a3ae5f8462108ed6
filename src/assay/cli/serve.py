"""The command `assay serve`: arms of a project behind OpenAI's routes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.options import (
    Json,
    Offline,
    Plain,
    ProjectArgument,
    ProjectOption,
    Quiet,
    find_strategies,
    option,
)
from assay.cli.outcome import say
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at

if TYPE_CHECKING:
    from assay.deployment.server.run import Open

EXAMPLE = "Example: assay serve tickets --with lora,base"

Earlier = Annotated[list[str] | None, typer.Argument(hidden=True)]  # strategies, before --with
Names = Annotated[str, option("--with", "A,B", "Strategies; left out: the recommended and base.")]
Host = Annotated[
    str | None, option("--host", "ADDRESS", "Where it listens; others than 127.0.0.1 need a key.")
]
Port = Annotated[
    int | None,
    option("--port", "N", "Port; 8000 if left out, 0: any that is free.", min=0, max=65535),
]
Keys = Annotated[
    Path | None, option("--api-key-file", "FILE", "Keys, one a line; left out: ASSAY_API_KEY.")
]
Hosts = Annotated[
    list[str] | None, option("--allow-host", "NAME", "A further host name of it; may be repeated.")
]
EngineOf = Annotated[str | None, option("--engine", "NAME", "What writes: own, llama.cpp or vllm.")]
Weights = Annotated[
    list[str] | None,
    option("--weights", "[A=]PATH", "A GGUF file or merged folder; may be repeated."),
]
Log = Annotated[
    Path | None, option("--log", "FILE", "Keep questions and answers, personal data too.")
]
Rate = Annotated[
    float | None, option("--rate", "N", "Requests a minute of a key or address; 0: any.", min=0)
]
Seconds = Annotated[
    float | None,
    option("--seconds", "N", "Longest time for an answer; 600 if left out.", min=1, max=86400),
]
Grace = Annotated[
    float | None,
    option(
        "--grace", "SECONDS", "Time to end answers when stopped; 30 if left out.", min=0, max=3600
    ),
]


def serve(
    project: ProjectArgument = None,
    earlier: Earlier = None,
    named: ProjectOption = "",
    strategies: Names = "",
    host: Host = None,
    port: Port = None,
    api_key_file: Keys = None,
    allow_host: Hosts = None,
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
    """Serve strategies behind OpenAI's routes until Ctrl-C.

    What is left out is what project.yaml says under serve.
    """
    target, arms = find_strategies("serve", (project, *(earlier or ())), named, strategies)
    from assay.cli.display import for_terminal
    from assay.deployment.server import run as serving
    from assay.deployment.server.auth import keys_of

    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        serving.serve(
            project_at(target),
            arms,
            host=host,
            port=port,
            engine=engine,
            weights=_by_arm(weights or (), arms),
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
            text = f"whose weights are in {one}? There are {len(arms)} strategies"
            raise UsageError(Problem("C153", text, "--weights", f"--weights NAME={one}"))
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
