"""The commands of `assay`. Each verb imports what it needs, so that `--help` is quick and loads no library.

Results go to stdout, progress and messages to stderr. `assay.terminal.outcome` turns what is raised into words and an
exit code.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from assay.places import place as place_of
from assay.terminal import answer as of_answers
from assay.terminal import ask as of_questions
from assay.terminal import documents as of_documents
from assay.terminal import export as of_exports
from assay.terminal import review as of_reviews
from assay.terminal import serve as of_serving
from assay.terminal import watch as of_logs
from assay.terminal.annotate import EXAMPLE, annotate
from assay.terminal.outcome import Outcome, say
from assay.terminal.results import as_document, columns, near, show, summary

if TYPE_CHECKING:
    from assay.config import Project
    from assay.terminal.display import Display

_SURROUNDINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait starve the other processes of a run
    "GOMP_SPINCOUNT": "10000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

app = typer.Typer(
    name="assay",
    help="Turn a general language model into a specialist, and measure which way of doing it pays on your data.",
    epilog="Example: assay run tickets.csv",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Target = Annotated[str, typer.Argument(metavar="TARGET", help="A project folder, a project file or a data file.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: compare.0.k=8")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Plain = Annotated[bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also what the libraries log.")]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]


def main() -> NoReturn:
    """The entry point."""
    sys.exit(command(sys.argv[1:]))


def command(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code."""
    for name, value in _SURROUNDINGS.items():
        os.environ.setdefault(name, value)
    with Outcome(arguments, _crashes(arguments)) as outcome:
        code = app(args=list(arguments) or ["--help"], prog_name="assay", standalone_mode=False)
        outcome.code = code if isinstance(code, int) else 0
        sys.stdout.flush()
    return outcome.code


def _crashes(arguments: Sequence[str]) -> Path:
    """Where the file of a crash goes: the work folder of the project, when one is named."""
    for word in (*arguments[1:], "."):
        if (work := place_of(Path(word), "work")).is_dir():
            return work
    return Path()


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            say(f"assay {version('assay')}")
        except PackageNotFoundError:
            say("assay (not installed)")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turn a general language model into a specialist, and measure which way of doing it pays on your data."""


def _project(target: str, sets: Sequence[str] | None, display: "Display", offline: bool = False) -> "Project":
    from assay.config import load
    from assay.config.start import begin

    project = load(begin(Path(target), sets or (), offline=offline, tell=display.tell), sets or ())
    for warning in project.warnings:
        display.tell({"event": "warning", **warning})
    return project


@app.command(epilog="Example: assay run tickets.csv --minutes 20")
def run(
    target: Target = ".",
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would run, and what it takes.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ARM", help="Run this arm; may be repeated.")
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Stop after about this long.")] = None,
    sets: Sets = None,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> int:
    """Compare the strategies of a project on the same test rows, and report which one to use."""
    from assay.terminal.display import for_terminal

    report = None
    with for_terminal(plain=plain, quiet=quiet, json=as_json, verbose=verbose) as display:
        project = _project(target, sets, display, offline)
        from assay import flow  # after the project file: what is wrong there is said at once

        if plan:
            planned = flow.plan(project, offline=offline, tell=display.tell)
        else:
            planned = None
            report = flow.run(project, only=only or (), minutes=minutes, offline=offline, tell=display.tell)
    if report is None:
        show(planned, as_json)
        return 0
    if as_json:
        as_document(report.data)
    else:
        summary(report, project)
    return exit_code(report)


def exit_code(report: Any) -> int:
    """6 or 4 when an arm failed in training or for want of resources, 1 when a gate failed: nothing may be recommended,
    or the recommended arm scores below the floor. Else 0."""
    failed = [arm.note[:1] for arm in report.arms if arm.status == "failed"]
    if failed:
        return 6 if "T" in failed else 4
    return 1 if report.data["verdict"]["failed"] else 0


@app.command(epilog="Example: assay check tickets.csv")
def check(
    target: Target = ".",
    sets: Sets = None,
    every: Annotated[bool, typer.Option("--all", help="Every problem, however many of a kind.")] = False,
    save_split: Annotated[
        Path | None,
        typer.Option("--save-split", metavar="FILE", help="Write which row went where: split.manifest."),
    ] = None,
    card: Annotated[Path | None, typer.Option("--card", metavar="FILE", help="Write a data card, Markdown.")] = None,
    leak_cost: Annotated[
        bool, typer.Option("--leak-cost", help="Fit an arm with and without the rows that leaked.")
    ] = False,
    contamination: Annotated[
        bool, typer.Option("--contamination", help="Ask the base model whether it has read the test rows before.")
    ] = False,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Read the project and its data, say what is wrong; load no model, unless asked to."""
    from assay.terminal.display import for_terminal

    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        project = _project(target, sets, display, offline)
        from assay import flow

        doubts = [n for n, wanted in (("leak_cost", leak_cost), ("contamination", contamination)) if wanted]
        checked = flow.check(project, doubts=doubts, offline=offline, tell=display.tell)
    show(checked, as_json)
    for name, file, write in (("split", save_split, checked.save_split), ("card", card, checked.card)):
        if file is not None:
            write(file)
            if not as_json:
                say(f"{name}    {near(file.absolute())}")
    return 0


@app.command(epilog="Example: assay report tickets --diff")
def report(
    target: Target = ".",
    newer: Annotated[
        Path | None, typer.Argument(metavar="NEWER", help="With --diff: the report to compare TARGET's with.")
    ] = None,
    ledger: Annotated[bool, typer.Option("--ledger", help="Every row that was dropped or changed, and why.")] = False,
    step: Annotated[str, typer.Option("--step", metavar="STEP", help="The ledger of one step.")] = "",
    place: Annotated[str, typer.Option("--place", metavar="FILE[:LINE]", help="The ledger of one file or line.")] = "",
    row: Annotated[str, typer.Option("--row", metavar="ID", help="What happened to one row; or its file:line.")] = "",
    diff: Annotated[bool, typer.Option("--diff", help="What moved since the report before.")] = False,
    card: Annotated[
        Path | None, typer.Option("--card", metavar="FILE", help="Write the model card of an arm, Markdown.")
    ] = None,
    arm: Annotated[
        str, typer.Option("--with", metavar="ARM", help="Whose card; the recommended arm's if left out.")
    ] = "",
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="TRACKER", help="Hand the log to tensorboard, mlflow, wandb or trackio."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Show the newest report of a project."""
    from assay.terminal import look

    if newer is not None:
        if not diff:
            raise typer.BadParameter("a second report is for --diff: assay report OLD NEW --diff", param_hint="'NEWER'")
        _moved(look.between(Path(target), newer), as_json)
        return 0
    folder = look.project_at(Path(target))
    if to is not None:
        from assay.trackers import export

        command = export(folder, to)
        if as_json:
            as_document({"show": command})
        else:
            say(f"show it with  {command}")
        return 0
    if ledger or step or place or row:
        _ledger(folder, step, place, row, as_json)
        return 0
    newest = look.newest(folder)
    if diff:
        _moved(look.moved(folder, newest), as_json)
        return 0
    if card is not None:
        look.write_card(newest, arm, card)
        say(f"card    {near(card.absolute())}")
    elif as_json:
        as_document(newest.data)
    else:
        for line in [*newest.summary(), "", *columns(newest.table()), ""]:
            say(line)
        say(f"report  {near(place_of(folder.absolute(), 'report') / 'report.html')}")
    return 0


def _moved(lines: list[str], as_json: bool) -> None:
    if as_json:
        as_document(lines)
    else:
        for line in lines or ["Nothing moved beyond noise."]:
            say(line)


def _ledger(folder: Path, step: str, place: str, row: str, as_json: bool) -> None:
    from assay.terminal import lineage

    found: Any = lineage.row(folder, row) if row else lineage.ledger(folder, step, place)
    if as_json:
        as_document(found)
        return
    parts = () if step or place else lineage.flow(folder)
    for line in lineage.row_lines(found) if row else lineage.ledger_lines(found, parts):
        say(line)


app.command(epilog=of_answers.EXAMPLE)(of_answers.answer)
app.command(epilog=EXAMPLE)(annotate)
app.command(epilog=of_reviews.EXAMPLE)(of_reviews.review)
app.command(epilog=of_documents.EXAMPLE)(of_documents.documents)
app.command(epilog=of_serving.EXAMPLE)(of_serving.serve)
app.command(epilog=of_exports.EXAMPLE)(of_exports.export)
app.command(epilog=of_logs.EXAMPLE)(of_logs.watch)
app.command(epilog=of_questions.EXAMPLE)(of_questions.ask)


@app.command("list", epilog="Example: assay list strategies")
def list_(
    what: Annotated[
        str, typer.Argument(help="A project; or steps, augmentations, strategies, models, metrics, kinds, formats.")
    ] = ".",
    probe: Annotated[
        Path | None, typer.Option("--probe", metavar="PROJECT", help="Models ranked on rows of this project.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", metavar="MODEL", help="A candidate; may be repeated.")
    ] = None,
    rows_: Annotated[int, typer.Option("--rows", min=10, help="Rows of val and train to ask them.")] = 100,
    shots: Annotated[int, typer.Option("--shots", min=0, max=64, help="Solved examples in a prompt.")] = 4,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """List the arms of a project with their state, or what assay has; rank base models on a project's rows."""
    from assay.terminal import look

    if probe is not None:
        from assay import rank_models
        from assay.terminal.display import for_terminal

        if what != "models":
            raise typer.BadParameter("it is for models: assay list models --probe PROJECT", param_hint="'--probe'")
        names = [str(Path(name).absolute()) if Path(name).exists() else name for name in model or ()]
        with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
            found = rank_models(probe, names, rows=rows_, shots=shots, offline=offline, tell=display.tell)
        show(found, as_json)
        return 0
    rows = look.has(what) if what in look.LISTS and not Path(what).exists() else look.arms(Path(what))
    if as_json:
        as_document(rows)
    else:
        for line in look.lines(rows) if rows else ["There are no arms; name some under compare."]:
            say(line)
    return 0


@app.command(epilog="Example: assay explain C076")
def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="As printed before a message: D050.")]) -> int:
    """Print what a code means and what to do about it."""
    from assay.terminal.explain import page

    say(page(code).rstrip())
    return 0


if __name__ == "__main__":
    main()
