"""`assay answer`: a file of new questions, answered by a fitted arm."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.outcome import say
from assay.cli.results import as_document

EXAMPLE = "Example: assay answer new.csv --with lora --project tickets -o answers.jsonl"


def answer(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Questions, in a format that assay reads.")
    ],
    arm: Annotated[
        str,
        typer.Option("--with", metavar="ARM", help="Who answers; the recommended arm if left out."),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the answers go; *.answers.jsonl if left out."),
    ] = None,
    project: Annotated[Path, typer.Option("--project", help="The project folder.")] = Path(),
    offline: Annotated[bool, typer.Option("--offline", help="Never use the network.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="No colour and no redrawing: one line an event.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")] = False,
) -> int:
    """Answer a new file with a fitted arm. Stopped, the same command goes on."""
    from assay.cli.display import for_terminal
    from assay.deployment.answer_file import answer_file
    from assay.runtime.latest_report import project_at

    folder = project_at(project)
    target = out or file.with_name(f"{file.name.partition('.')[0]}.answers.jsonl")
    with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
        result = answer_file(folder, arm, file, target, offline=offline, tell=display.tell)
    if as_json:
        as_document(result)
    else:
        say(f"answers  {target}")
    return 0
