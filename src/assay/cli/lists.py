"""The command `assay list`: the strategies of a project, or what assay has; base models ranked on a
project's rows."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.outcome import say
from assay.cli.results import as_document, show
from assay.core.command_hints import is_data
from assay.core.errors import Problem, UsageError, nearest
from assay.core.places import ENDINGS

EXAMPLE = "Example: assay list strategies"
# What people call a list -> its name here.
CALLED = {
    "arms": "strategies",
    "methods": "strategies",
    "tasks": "kinds",
    "datasets": "formats",
    "base": "models",
}


def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="A project; or steps, augmentations, strategies, models, metrics, kinds, formats."
        ),
    ] = ".",
    probe: Annotated[
        Path | None,
        typer.Option("--probe", metavar="PROJECT", help="Models ranked on rows of this project."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="MODEL", help="A candidate; may be repeated."),
    ] = None,
    rows_: Annotated[
        int, typer.Option("--rows", min=10, help="Rows of val and train to ask them.")
    ] = 100,
    shots: Annotated[
        int, typer.Option("--shots", min=0, max=64, help="Solved examples in a prompt.")
    ] = 4,
    offline: Annotated[bool, typer.Option("--offline", help="Never use the network.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")] = False,
) -> int:
    """List the arms of a project with their state, or what assay has; rank base models on a
    project's rows."""
    from assay.cli import look

    if probe is not None:
        from assay import rank_models
        from assay.cli.display import for_terminal

        if what != "models":
            raise typer.BadParameter(
                "it is for models: assay list models --probe PROJECT", param_hint="'--probe'"
            )
        names = [
            str(Path(name).absolute()) if Path(name).exists() else name for name in model or ()
        ]
        with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
            found = rank_models(
                probe, names, rows=rows_, shots=shots, offline=offline, tell=display.tell
            )
        show(found, as_json)
        return 0
    if not Path(what).exists():
        _refuse_unknown(what, look.LISTS)
    rows = (
        look.has(what) if what in look.LISTS and not Path(what).exists() else look.arms(Path(what))
    )
    if as_json:
        as_document(rows)
    else:
        for line in look.lines(rows) if rows else ["There are no arms; name some under compare."]:
            say(line)
    return 0


def _refuse_unknown(what: str, lists: tuple[str, ...]) -> None:
    """Raises: UsageError: C203, a word that is neither a list nor looks like a file."""
    if what in lists or "/" in what or is_data(what) or Path(what).suffix in ENDINGS:
        return
    near = CALLED.get(what.lower()) or nearest(what, lists)
    hint = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(lists)}"
    help = f"assay list {near or 'strategies'}"
    raise UsageError(
        Problem("C203", f"there is no list '{what}', and no such project{hint}", help=help)
    )
