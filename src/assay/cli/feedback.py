"""The command `assay feedback`: what people said of answers, as training rows of the next round."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from assay.cli.options import (
    Json,
    Offline,
    ProjectArgument,
    ProjectOption,
    argument,
    is_project,
    only_project,
    option,
    project_and_file,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document

EXAMPLE = "Example: assay feedback tickets asked.jsonl"

LogFile = Annotated[str | None, argument("LOG", "A log of assay serve; left out: ratings alone.")]
Feedback = Annotated[
    Path | None,
    option("--feedback", "FILE", "What users said; left out: LOG's own, LOG.feedback.jsonl."),
]
Out = Annotated[
    Path | None, option("--out -o", "FILE", "The rows, JSON lines; feedback.jsonl if left out.")
]


def feedback(
    project: ProjectArgument = None,
    log: LogFile = None,
    named: ProjectOption = "",
    said: Feedback = None,
    out: Out = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Make training rows of corrections, approvals and ratings.

    A second call adds only what is new. Test rows and what is near to one are left out.
    """
    from assay.deployment.monitoring.feedback_rows import collect_feedback

    alone = log is None and (project is None or is_project(project))
    if alone:
        target, file = only_project("feedback", project, named), None
    else:
        target, file = project_and_file("feedback", (project, log), named, "LOG")
    done = collect_feedback(
        target,
        file,
        feedback=said,
        out=out,
        offline=offline,
        tell=lambda event: warn(event["text"]) if "text" in event else None,
    )
    if as_json:
        as_document(done.to_json())
    else:
        for line in done.lines(Path(target)):
            say(line)
    return 0
