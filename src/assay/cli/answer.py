"""The command `assay answer`: a file of new questions, answered by a fitted strategy."""

from pathlib import Path
from typing import Annotated

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
from assay.cli.results import as_document

EXAMPLE = "Example: assay answer tickets new.csv --out answers.jsonl"

File = Annotated[str | None, argument("FILE", "Questions, in a format that assay reads.")]
Out = Annotated[
    Path | None, option("--out -o", "FILE", "Left out: FILE's name and .answers.jsonl.")
]


def answer(
    project: ProjectArgument = None,
    file: File = None,
    named: ProjectOption = "",
    arm: With = "",
    out: Out = None,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """Answer a file of questions; stopped, it goes on."""
    target, questions = project_and_file("answer", (project, file), named, "FILE")
    from assay.cli.display import for_terminal
    from assay.deployment.answer_file import answer_file
    from assay.runtime.latest_report import project_at

    folder = project_at(target)
    goal = out or questions.with_name(f"{questions.name.partition('.')[0]}.answers.jsonl")
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        result = answer_file(folder, arm, questions, goal, offline=offline, tell=display.tell)
    if as_json:
        as_document(result)
    else:
        say(f"answers  {goal}")
    return 0
