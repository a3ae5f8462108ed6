"""The records that reports keep of what they have measured, as files: `report/measured.json` and
those of earlier reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay.config.names import name_today
from assay.core import store

if TYPE_CHECKING:
    from assay.config import Project

NAME = "measured.json"


def records(project: Project) -> Iterator[dict[str, Any]]:
    """Those of the project's reports, the newest first."""
    past = project.report_folder / "past"
    numbers = [int(place.name) for place in past.glob("*") if place.name.isdigit()]
    for folder in (
        project.report_folder,
        *(past / str(number) for number in sorted(numbers, reverse=True)),
    ):
        if (folder / NAME).is_file():
            yield _with_names_of_today(store.read_json(folder / NAME), project)


def _with_names_of_today(record: dict[str, Any], project: Project) -> dict[str, Any]:
    """The record with its arms under the names that they have in its project file as it is read
    today."""
    from assay.config import load

    arms = load(project.folder / project.file, text=record["project"]).arms
    return {**record, "arms": {name_today(name, arms): one for name, one in record["arms"].items()}}
