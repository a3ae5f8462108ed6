"""The command `assay doctor`: what this machine can do, how fast, and what is missing."""

from typing import Annotated

from assay.cli.options import Json, Offline, flag, option
from assay.cli.outcome import warn
from assay.cli.results import show

EXAMPLE = "Example: assay doctor --no-probe"


Probe = Annotated[bool, flag("--probe/--no-probe", "Measure how fast it trains and answers.")]
Fetch = Annotated[bool, flag("--fetch", "First bring the small models that are not here.")]
Seconds = Annotated[
    float, option("--seconds", "N", "Time for measuring; 10 if left out.", min=1, max=600)
]


def doctor(
    probe: Probe = True,
    fetch: Fetch = False,
    seconds: Seconds = 10.0,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Say what this machine can do, how fast, what is missing."""
    from assay.cli.display import for_terminal
    from assay.runtime.planning.machine_check import examine, fetch_missing

    if fetch:
        with for_terminal(json=as_json) as display:
            fetch_missing(offline=offline, tell=display.tell)
    if probe and not as_json:
        warn(f"measuring for about {seconds:g} seconds; --no-probe leaves it out")
    show(examine(probe=probe, seconds=seconds, offline=offline), as_json)
    return 0
