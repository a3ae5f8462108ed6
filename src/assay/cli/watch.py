"""The command `assay watch`: a log of questions held against what the specialist was made for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from assay.cli.outcome import say
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at

if TYPE_CHECKING:
    from assay.config.monitor import Encoding

EXAMPLE = "Example: assay watch questions.jsonl --project tickets -o next.jsonl"
ENCODERS = ("auto", "meaning", "words")  # those of `Encoding`, which loads numpy

Log = Annotated[
    Path, typer.Argument(metavar="LOG", help="A log of assay serve, or any file of questions.")
]
Folder = Annotated[Path, typer.Option("--project", help="The project folder.")]
Arm = Annotated[
    str, typer.Option("--with", metavar="ARM", help="The arm whose answers are looked at.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write what to label next: .jsonl or .csv.")
]
Rows = Annotated[
    int | None, typer.Option("--rows", min=0, help="At most so many questions to label next; 50.")
]
Level = Annotated[
    float | None,
    typer.Option("--level", help="Chance of a false alarm, of all tests together; 0.01."),
]
Encode = Annotated[
    str | None,
    typer.Option("--encoder", help="auto, meaning or words: what questions are compared by."),
]
Feedback = Annotated[
    Path | None, typer.Option("--feedback", help="What users said of the answers, JSON lines.")
]
Sheet = Annotated[
    Path | None, typer.Option("--review", help="Write the corrections as a sheet for assay review.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Plain = Annotated[
    bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]


def watch(
    log: Log,
    project: Folder = Path(),
    arm: Arm = "",
    out: Out = None,
    rows: Rows = None,
    level: Level = None,
    encoder: Encode = None,
    feedback: Feedback = None,
    review: Sheet = None,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Say whether a deployed arm gets other questions, or fails more often, than in its exam; what
    to label next.

    The exit code is 1 where something has changed, and 0 where nothing could be told from chance.
    What is left out is what project.yaml says under watch.
    """
    if encoder is not None and encoder not in ENCODERS:
        raise UsageError(
            Problem("C060", f"must be auto, meaning or words, got '{encoder}'", "--encoder")
        )
    if (feedback is None) != (review is None):
        text = "--feedback names what users said, --review where their corrections go"
        raise UsageError(Problem("C060", text, help="give both: --feedback FILE --review SHEET"))
    from assay.cli.display import for_terminal
    from assay.deployment.monitoring.watch import watch as held_against

    folder = project_at(project)
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        found = held_against(
            log,
            folder,
            arm=arm,
            level=level,
            rows=rows,
            encoder=cast("Encoding | None", encoder),
            offline=offline,
            tell=display.tell,
        )
    document = found.to_json()
    lines = found.lines()
    if out is not None:
        document |= {"out": str(out), "written": found.to_next(out)}
        lines.append(f"next     {near(out.absolute())}")
    if feedback is not None and review is not None:
        from assay.deployment.monitoring.feedback import corrections

        taken = corrections(folder, found.log, feedback, review)
        document |= {"feedback": taken.to_json()}
        lines += taken.lines(folder)
    if as_json:
        as_document(document)
    else:
        for line in lines:
            say(line)
    return 1 if found.alarms else 0
