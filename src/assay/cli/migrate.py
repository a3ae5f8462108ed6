"""The command `assay migrate`: a project file of version 1 becomes one of version 2, with its
comments and its layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.outcome import say
from assay.cli.results import as_document, near
from assay.core.command_hints import not_there, with_project
from assay.core.errors import DataError
from assay.core.project_paths import file_of

EXAMPLE = "Example: assay migrate tickets"

Target = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="A project folder or a project file.")
]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit with 1 where there is something to do.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def migrate(target: Target = Path(), check: Check = False, as_json: Json = False) -> int:
    """Rewrite a project file with the keys of today; run nothing."""
    from assay.config.migrate import migration

    file = file_of(with_project(target))
    if not file.is_file():
        raise DataError(not_there(target))
    found = migration(file)
    if not check:
        found.write()
    shown = near(file.absolute())
    if as_json:
        changes = [{"line": line, "was": was, "is": now} for line, was, now in found.changes]
        kept = str(found.backup) if changes and not check else None
        as_document({"file": str(file), "changes": changes, "kept": kept})
    elif not found.changes:
        say(f"{shown} is of version 2: nothing to do")
    else:
        for line, was, now in found.changes:
            say(f"line {line:>4}  {was} -> {now}")
        if check:
            say(f"{shown} would change; nothing was written")
        else:
            say(f"wrote  {shown}; the earlier file is {found.backup.name}")
    return 1 if check and found.changes else 0
