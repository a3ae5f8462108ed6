"""The command `assay report`: the newest report, what moved since the one before, the ledger, a
model card."""

from pathlib import Path
from typing import Annotated, Any

import typer

from assay.cli.outcome import say
from assay.cli.results import as_document, near, verdict
from assay.core.places import place as place_of

EXAMPLE = "Example: assay report tickets --diff"

Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="A project folder, a project file or a data file.")
]
Newer = Annotated[
    Path | None,
    typer.Argument(metavar="NEWER", help="With --diff: the report to compare TARGET's with."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def report(
    target: Target = ".",
    newer: Newer = None,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Every row that was dropped or changed, and why.")
    ] = False,
    step: Annotated[
        str, typer.Option("--step", metavar="STEP", help="The ledger of one step.")
    ] = "",
    place: Annotated[
        str, typer.Option("--place", metavar="FILE[:LINE]", help="The ledger of one file or line.")
    ] = "",
    row: Annotated[
        str, typer.Option("--row", metavar="ID", help="What happened to one row; or its file:line.")
    ] = "",
    diff: Annotated[
        bool, typer.Option("--diff", help="What moved since the report before.")
    ] = False,
    card: Annotated[
        Path | None,
        typer.Option("--card", metavar="FILE", help="Write the model card of an arm, Markdown."),
    ] = None,
    arm: Annotated[
        str,
        typer.Option(
            "--with", metavar="ARM", help="Whose card; the recommended arm's if left out."
        ),
    ] = "",
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="TRACKER", help="Hand the log to tensorboard, mlflow, wandb or trackio."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Show the newest report of a project."""
    from assay.cli import look
    from assay.reporting.latest import newest
    from assay.runtime.latest_report import project_at

    if newer is not None:
        if not diff:
            raise typer.BadParameter(
                "a second report is for --diff: assay report OLD NEW --diff", param_hint="'NEWER'"
            )
        _show_changes(look.between(Path(target), newer), as_json)
        return 0
    folder = project_at(Path(target))
    if to is not None:
        _export_to_tracker(folder, to, as_json)
        return 0
    if ledger or step or place or row:
        _ledger(folder, step, place, row, as_json)
        return 0
    found = newest(folder)
    if diff:
        _show_changes(look.report_changes(folder, found), as_json)
    elif card is not None:
        look.write_card(found, arm, card)
        say(f"card    {near(card.absolute())}")
    elif as_json:
        as_document(found.data)
    else:
        verdict(found)
        say(f"report  {near(place_of(folder.absolute(), 'report') / 'report.html')}")
    return 0


def _export_to_tracker(folder: Path, to: str, as_json: bool) -> None:
    from assay.runtime.events.trackers import export

    command = export(folder, to)
    if as_json:
        as_document({"show": command})
    else:
        say(f"show it with  {command}")


def _show_changes(lines: list[str], as_json: bool) -> None:
    if as_json:
        as_document(lines)
    else:
        for line in lines or ["Nothing moved beyond noise."]:
            say(line)


def _ledger(folder: Path, step: str, place: str, row: str, as_json: bool) -> None:
    from assay.cli import lineage

    found: Any = lineage.row(folder, row) if row else lineage.ledger(folder, step, place)
    if as_json:
        as_document(found)
        return
    parts = () if step or place else lineage.flow(folder)
    for line in lineage.row_lines(found) if row else lineage.ledger_lines(found, parts):
        say(line)
