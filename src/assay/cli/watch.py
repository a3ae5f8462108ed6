"""The command `assay watch`: a log of questions held against what the specialist was made for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from assay.cli.options import (
    Json,
    Offline,
    Plain,
    ProjectArgument,
    ProjectOption,
    Quiet,
    With,
    argument,
    option,
    project_and_file,
)
from assay.cli.outcome import say
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError
from assay.runtime.latest_report import project_at

if TYPE_CHECKING:
    from assay.config.monitor import Encoding

EXAMPLE = "Example: assay watch tickets asked.jsonl --out next.jsonl"
ENCODERS = ("auto", "meaning", "words")  # those of `Encoding`, which loads numpy

LogFile = Annotated[str | None, argument("LOG", "A log of assay serve, or any file of questions.")]
Out = Annotated[Path | None, option("--out -o", "FILE", "Write what to label next: .jsonl, .csv.")]
Rows = Annotated[
    int | None, option("--rows", "N", "Questions to label next; 50 if left out.", min=0)
]
Group = Annotated[
    int | None, option("--group", "N", "Write the questions of a new group instead.", min=1)
]
Level = Annotated[
    float | None, option("--level", "SHARE", "Chance of a false alarm, all tests together; 0.01.")
]
Encode = Annotated[
    str | None, option("--encoder", "NAME", "How questions are compared: auto, meaning or words.")
]
Feedback = Annotated[
    Path | None, option("--feedback", "FILE", "What users said of the answers, JSON lines.")
]
Sheet = Annotated[
    Path | None, option("--review", "FILE", "Write the corrections as a sheet for assay review.")
]


def watch(
    project: ProjectArgument = None,
    log: LogFile = None,
    named: ProjectOption = "",
    arm: With = "",
    out: Out = None,
    rows: Rows = None,
    group: Group = None,
    level: Level = None,
    encoder: Encode = None,
    feedback: Feedback = None,
    review: Sheet = None,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Compare a log of questions with those of the test set.

    The exit code is 1 where something has changed, and 0 where nothing could be told from chance.
    What is left out is what project.yaml says under monitor.
    """
    if encoder is not None and encoder not in ENCODERS:
        raise UsageError(
            Problem("C060", f"must be auto, meaning or words, got '{encoder}'", "--encoder")
        )
    if (feedback is None) != (review is None):
        text = "--feedback names what users said, --review where their corrections go"
        raise UsageError(Problem("C060", text, help="give both: --feedback FILE --review SHEET"))
    if group is not None and out is None:
        text = "--group says which questions --out writes"
        raise UsageError(Problem("C060", text, help="give both: --group 1 --out FILE"))
    target, questions = project_and_file("watch", (project, log), named, "LOG")
    from assay.cli.display import for_terminal
    from assay.deployment.monitoring.watch import watch as held_against

    folder = project_at(target)
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        found = held_against(
            questions,
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
        document |= {"out": str(out), "written": found.to_next(out, group)}
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
