"""The command `assay export`: a fitted arm as files that others load, checked against the arm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assay.cli.options import (
    Json,
    Offline,
    Plain,
    ProjectArgument,
    ProjectOption,
    Quiet,
    With,
    find_strategies,
    flag,
    option,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near
from assay.cli.usage_errors import line
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at, recommendation_at

if TYPE_CHECKING:
    from assay.deployment.export.run import Exported

EXAMPLE = "Example: assay export tickets --with lora --to merged --out lora-merged"
UNCHECKED = 4  # it was written, and its runtime is not here to ask it

Earlier = Annotated[str | None, typer.Argument(hidden=True)]  # the strategy, before --with
To = Annotated[str, option("--to", "FORMAT", "peft, merged, ...: see assay list formats.")]
Out = Annotated[Path | None, option("--out -o", "FOLDER", "Where it goes; a new folder.")]
Rows = Annotated[str, option("--rows", "N", "Test rows that it is asked; all if left out.")]
Limit = Annotated[
    float | None,
    option("--limit", "SHARE", "Refused where fewer answers are equal, 0 to 1.", min=0, max=1),
]
Kind = Annotated[
    Literal["fp32", "bf16"],
    option("--precision", "TYPE", "Of the weights: fp32 (default) or bf16."),
]
Base = Annotated[bool | None, flag("--with-base/--no-base", "peft: the base model beside it.")]
Into = Annotated[
    Literal["dequantised", "original"],
    option("--into", "BASE", "Merge into dequantised (default) or original."),
]
Unchecked = Annotated[bool, flag("--unchecked", "Do not ask it the test questions.")]


def export(
    to: To,
    project: ProjectArgument = None,
    earlier: Earlier = None,
    named: ProjectOption = "",
    arm: With = "",
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
    """Write a strategy as files that work without assay."""
    target, strategies = find_strategies("export", (project, earlier), named, arm)
    if len(strategies) > 1:
        text = f"one strategy is exported at a time, got {', '.join(strategies)}"
        way = line("export", str(target), "--with", strategies[-1], "--to", to)
        raise UsageError(Problem("C060", text, help=way))
    name = strategies[0] if strategies else recommendation_at(target)
    from assay.cli.display import for_terminal
    from assay.deployment.export.formats.source import Wish
    from assay.deployment.export.run import export as write

    asked = _rows(rows)
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        done = write(
            project_at(target),
            name,
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
        warn(f"NOT CHECKED: {done.why}. Whether it answers as the strategy does is not known.")
    for told in done.lines():
        say(told)
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
