"""The command `assay documents`: the documents that a fitted arm reads, added, replaced and taken
out in place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.outcome import say, tell_notes
from assay.cli.results import as_document
from assay.core.errors import Problem, UsageError, did_you_mean
from assay.core.plain_text import columns
from assay.runtime.latest_report import project_at

EXAMPLE = "Example: assay documents tickets --arm rag add handbook/leave.md"
ACTIONS = ("list", "add", "drop", "versions")

Target = Annotated[Path, typer.Argument(metavar="TARGET", help="A project folder that has run.")]
Action = Annotated[str, typer.Argument(metavar="ACTION", help="list, add, drop or versions.")]
Items = Annotated[
    list[str] | None, typer.Argument(metavar="FILE|ID...", help="Files to add, or ids to drop.")
]
Arm = Annotated[str, typer.Option("--arm", metavar="ARM", help="The arm whose documents they are.")]
At = Annotated[
    int | None,
    typer.Option("--at", metavar="VERSION", help="List the documents of an earlier version."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def documents(
    target: Target,
    arm: Arm,
    action: Action = "list",
    items: Items = None,
    at: At = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Change the documents that a fitted arm reads, without a new fit; the next answer reads
    them."""
    _check_usage(action, items or [], at)
    from dataclasses import asdict

    from assay.deployment.load import load

    shelf = load(project_at(target), arm, offline=offline, tell=tell_notes).documents
    if action in ("add", "drop"):
        version = shelf.put(items or []) if action == "add" else shelf.drop(items or [])
        found = {"version": version, "documents": len(shelf.ids())}
        lines = [f"version {version}: {found['documents']:,} documents"]
    elif action == "versions":
        found = [asdict(version) for version in shelf.versions()]
        rows = [
            {
                "version": str(v["version"]),
                "time": v["time"] or "fitted",
                "put": str(len(v["put"])),
                "dropped": str(len(v["dropped"])),
                "documents": str(v["documents"]),
            }
            for v in found
        ]
        lines = list(columns([list(rows[0]), *(list(row.values()) for row in rows)]))
    else:
        found = lines = shelf.ids(at)
    if as_json:
        as_document(found)
    else:
        for line in lines:
            say(line)
    return 0


def _check_usage(action: str, items: list[str], at: int | None) -> None:
    """Raises:
    UsageError: C060.
    """
    told = ""
    if action not in ACTIONS:
        told = f"there is no action '{action}'{did_you_mean(action, ACTIONS)}"
    elif action in ("add", "drop") and not items:
        told = f"nothing to {action}"
    elif items and action not in ("add", "drop"):
        told = f"{action} takes no files and no ids"
    elif at is not None and action != "list":
        told = "--at belongs to list"
    if told:
        raise UsageError(Problem("C060", told, help="assay documents --help"))
