"""The command `assay documents`: the documents that a fitted arm reads, added, replaced and taken
out in place."""

from __future__ import annotations

from typing import Annotated

import typer

from assay.cli.options import (
    Json,
    Offline,
    ProjectArgument,
    ProjectOption,
    With,
    argument,
    find_project,
    is_project,
    option,
)
from assay.cli.outcome import say, tell_notes, warn
from assay.cli.results import as_document
from assay.cli.usage_errors import line
from assay.core.errors import Problem, UsageError, did_you_mean
from assay.core.plain_text import columns
from assay.runtime.latest_report import project_at

EXAMPLE = "Example: assay documents tickets add handbook/leave.md --with rag"
ACTIONS = ("list", "add", "drop", "versions")

Action = Annotated[str | None, argument("ACTION", "list (default), add, drop or versions.")]
Items = Annotated[list[str] | None, argument("FILE|ID", "Files to add, or ids to drop.")]
Earlier = Annotated[str, typer.Option("--arm", hidden=True)]
At = Annotated[int | None, option("--at", "VERSION", "List the documents of an earlier version.")]


def documents(
    project: ProjectArgument = None,
    action: Action = None,
    items: Items = None,
    named: ProjectOption = "",
    arm: With = "",
    earlier: Earlier = "",
    at: At = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """List, add or drop the documents that a strategy reads.

    Nothing is fitted anew: the next answer reads them.
    """
    target, words = find_project(
        "documents",
        (project, action, *(items or ())),
        named,
        first_is_project=lambda words: is_project(words[0]) or words[0] not in ACTIONS,
    )
    action, *rest = words or ["list"]
    _check_usage(action, rest, at)
    if earlier:
        way = line("documents", str(target), *words, "--with", earlier)
        warn(f"C200 the strategy is named by --with now: {way}")
    from dataclasses import asdict

    from assay.deployment.load import load

    shelf = load(project_at(target), arm or earlier, offline=offline, tell=tell_notes).documents
    if action in ("add", "drop"):
        version = shelf.put(rest) if action == "add" else shelf.drop(rest)
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
        for told in lines:
            say(told)
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
