"""The newest report of a project, as the object that notebooks show and the command line prints."""

from __future__ import annotations

from pathlib import Path

from assay.core.project_paths import place
from assay.reporting.build import Report
from assay.runtime.latest_report import newest_data


def newest(folder: Path) -> Report:
    """The newest report of a project.

    Raises:
        UsageError: C062, there is none yet; C186, it is damaged.
    """
    return Report(newest_data(folder), folder=place(folder, "report"))
