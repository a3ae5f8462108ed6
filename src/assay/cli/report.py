"""The command `assay report`: the newest report, what moved since the one before, the ledger, a
model card."""

from pathlib import Path
from typing import Annotated, Any

import typer

from assay.cli.options import (
    Json,
    Plain,
    ProjectArgument,
    ProjectOption,
    Quiet,
    With,
    argument,
    find_project,
    flag,
    option,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near, verdict
from assay.core.project_paths import place as place_of

EXAMPLE = "Example: assay report tickets --diff"

Newer = Annotated[Path | None, argument("NEWER", "With --diff: what to compare it with.")]
Ledger = Annotated[bool, flag("--ledger", "Every row that was dropped or changed.")]
Step = Annotated[str, option("--step", "STEP", "The ledger of one step.")]
Place = Annotated[str, option("--place", "FILE[:LINE]", "The ledger of a file or line.")]
Row = Annotated[str, option("--row", "ID", "What happened to a row, or to file:line.")]
Follow = Annotated[bool, flag("--follow", "Watch the run that goes on, until it ends.")]
Diff = Annotated[bool, flag("--diff", "What moved since the report before.")]
Card = Annotated[Path | None, option("--card", "FILE", "Write a model card, Markdown.")]
Tracker = Annotated[
    str | None, option("--to", "NAME", "Give the log to tensorboard, mlflow, wandb, trackio.")
]


def report(
    project: ProjectArgument = None,
    newer: Newer = None,
    named: ProjectOption = "",
    ledger: Ledger = False,
    step: Step = "",
    place: Place = "",
    row: Row = "",
    follow: Follow = False,
    diff: Diff = False,
    card: Card = None,
    arm: With = "",
    to: Tracker = None,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Show the newest report, what moved, the ledger; follow a run."""
    words = (project, None if newer is None else str(newer))
    target, rest = find_project("report", words, named)
    from assay.cli import look
    from assay.reporting.latest import newest
    from assay.runtime.latest_report import project_at

    if rest:
        if not diff:
            raise typer.BadParameter(
                "a second report is for --diff: assay report OLD NEW --diff", param_hint="'NEWER'"
            )
        _show_changes(look.between(target, Path(rest[0])), as_json)
        return 0
    folder = project_at(target)
    if to is not None:
        _export_to_tracker(folder, to, as_json)
        return 0
    if follow and not _follow_run(folder, plain, quiet, as_json):
        return 1
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


def _follow_run(folder: Path, plain: bool, quiet: bool, as_json: bool) -> bool:
    """Show the run that goes on, as it shows itself, until it ends; whether it came to its end."""
    from assay.cli.display import for_terminal
    from assay.runtime.events.run_follower import RunFollower

    run = RunFollower(folder)
    with for_terminal(
        plain=plain, quiet=quiet, json=as_json, clock=run.clock, now=run.now
    ) as display:
        for event in run.events():
            display.tell(event)
    if run.end == "stopped":
        warn(f"The run has stopped before its end. It goes on with: assay run {near(folder)}")
    return run.end == "done"


def _show_changes(lines: list[str], as_json: bool) -> None:
    if as_json:
        as_document(lines)
    else:
        for line in lines or ["Nothing moved beyond noise."]:
            say(line)


def _ledger(folder: Path, step: str, place: str, row: str, as_json: bool) -> None:
    from assay.runtime.data_stage import lineage

    found: Any = lineage.row(folder, row) if row else lineage.ledger(folder, step, place)
    if as_json:
        as_document(found)
        return
    parts = () if step or place else lineage.flow(folder)
    for line in lineage.row_lines(found) if row else lineage.ledger_lines(found, parts):
        say(line)
