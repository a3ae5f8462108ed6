"""The command `assay export`: a fitted arm as files that others load, checked against the arm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at

if TYPE_CHECKING:
    from assay.deployment.export.run import Exported

EXAMPLE = "Example: assay export lora --to merged --project tickets -o lora-merged"
UNCHECKED = 4  # it was written, and its runtime is not here to ask it

Arm = Annotated[str, typer.Argument(metavar="ARM", help="The arm that is given away.")]
To = Annotated[
    str,
    typer.Option(
        "--to", metavar="FORMAT", help="peft, merged, ...; assay list formats has them all."
    ),
]
Project = Annotated[Path, typer.Option("--project", help="The project folder.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where it goes; a new folder.")
]
Rows = Annotated[
    str, typer.Option("--rows", metavar="N", help="Test rows that it is asked, or all.")
]
Limit = Annotated[
    float | None,
    typer.Option("--limit", min=0, max=1, help="Share of equal answers under which it is refused."),
]
Kind = Annotated[
    Literal["fp32", "bf16"], typer.Option("--precision", help="Of the weights that are written.")
]
Base = Annotated[
    bool | None,
    typer.Option(
        "--with-base/--no-base",
        help="peft: the base beside the adapter; left out: only a quantised one.",
    ),
]
Into = Annotated[
    Literal["dequantised", "original"],
    typer.Option("--into", help="What an arm on a quantised base is merged into."),
]
Unchecked = Annotated[bool, typer.Option("--unchecked", help="Do not ask it the test questions.")]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Plain = Annotated[
    bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]


def export(
    arm: Arm,
    to: To,
    project: Project = Path(),
    out: Out = None,
    rows: Rows = "all",
    limit: Limit = None,
    precision: Kind = "fp32",
    with_base: Base = None,
    into: Into = "dequantised",
    unchecked: Unchecked = False,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Write a fitted arm as files that work without assay, and check that they answer as the arm
    does."""
    from assay.cli.display import for_terminal
    from assay.deployment.export.formats.source import Wish
    from assay.deployment.export.run import export as write

    asked = _rows(rows)
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        done = write(
            project_at(project),
            arm,
            to=to,
            out=out,
            rows=asked,
            limit=limit,
            wish=Wish(precision, with_base, into),
            unchecked=unchecked,
            offline=offline,
            tell=display.tell,
        )
    if as_json:
        as_document(done.to_json())
    else:
        _show_export(done)
    return UNCHECKED if done.state == "unchecked" and not unchecked else 0


def _show_export(done: Exported) -> None:
    if done.state == "unchecked":
        warn(f"NOT CHECKED: {done.why}. Whether it answers as the arm does is not known.")
    for line in done.lines():
        say(line)
    say(f"export  {near(done.folder)}")


def _rows(text: str) -> int | None:
    """Raises:
    UsageError: C060.
    """
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise UsageError(Problem("C060", f"--rows is a number of test rows or all, got '{text}'"))
    return int(text)
