"""Which rows a split has, before a run has drawn it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from assay.config import Project
    from assay.data.reading.load import LoadedExamples


def ids_of(project: Project, loaded: LoadedExamples, split: str) -> set[str] | None:
    """The ids of the rows of a split, as its file or the project's own division has it; None for
    all rows.

    Raises:
        UsageError: C073 there is no such split. As `prepare` where no file is given for it.
    """
    if not split:
        return None
    if split not in ("train", "val", "test"):
        raise UsageError(Problem("C073", f"must be train, val or test, got '{split}'", "--split"))
    given = {"train": loaded.train, "val": loaded.val, "test": loaded.test}[split]
    if given and (loaded.val or loaded.test):
        return {row.id for row in given}
    from assay.runtime.data_stage.prepare import prepare  # half a second

    return {row.id for row in prepare(project, lambda event: None).examples(split)}
