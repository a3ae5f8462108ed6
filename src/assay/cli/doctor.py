"""The command `assay doctor`: what this machine can do, how fast, and what is missing."""

from typing import Annotated

import typer

from assay.cli.outcome import warn
from assay.cli.results import show

EXAMPLE = "Example: assay doctor --no-probe"


def doctor(
    probe: Annotated[
        bool,
        typer.Option(
            "--probe/--no-probe", help="Measure for 10 seconds how fast it trains and answers."
        ),
    ] = True,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="First bring the small models that are not here.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, max=600, help="That the measurement may take.")
    ] = 10.0,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not try to reach the network.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> int:
    """Say what this machine can do, how fast, and what is missing, with the commands that bring
    it."""
    from assay.cli.display import for_terminal
    from assay.runtime.planning.machine_check import examine, fetch_missing

    if fetch:
        with for_terminal(json=as_json) as display:
            fetch_missing(offline=offline, tell=display.tell)
    if probe and not as_json:
        warn(f"measuring for about {seconds:g} seconds; --no-probe leaves it out")
    show(examine(probe=probe, seconds=seconds, offline=offline), as_json)
    return 0
