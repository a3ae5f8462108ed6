"""Rows that people drop, or keep whatever a step of `prepare` says: `assay annotate --drop ROW`.

Decisions are kept in `decisions.jsonl` beside the project file, or in the file that
`data.decisions` names. A run applies them, and its ledger says so; no data file is changed.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from assay.config.project import DECISIONS
from assay.core import store
from assay.core.errors import DataError, Problem, UsageError
from assay.data.annotation.decisions import Action, Decision, match_decisions, read_decisions
from assay.data.annotation.votes import is_truncated, mark, mend
from assay.runtime.data_stage.annotation import PERSON

if TYPE_CHECKING:
    from assay.runtime.data_stage.annotation import Annotation


class RowDecisions:
    """The decisions of a project about its rows. `work`: has the rows."""

    def __init__(self, work: Annotation):
        project = work.project
        self.work = work
        self.path = project.decisions or project.folder / DECISIONS
        if is_truncated(self.path):
            with work.lock():
                mend(self.path)
        self.all = read_decisions(self.path, project.folder)

    @cached_property
    def now(self) -> dict[str, Decision]:
        """The newest decision by row, where it was not undone."""
        return match_decisions(self.all, self.work.rows)[0]

    def decide(self, names: Sequence[str], action: Action, by: str, why: str = "") -> int:
        """Drop rows, keep them, or undo that; how many were not decided so before.

        Args:
            names: ids of rows, or where they stand: "rows.csv:17".

        Raises:
            UsageError: C073, `by` is no name. DataError: D087, there is no such row.
        """
        if not PERSON.fullmatch(by):
            text = f"a name has 1 to 40 letters, digits, - and _; got {by!r}"
            raise UsageError(Problem("C073", text, "by"))
        rows = {name: row for row in self.work.rows for name in (row.id, row.source)}
        if unknown := [name for name in names if name not in rows]:
            help = "rows are named by id or by file:line, as assay report --ledger prints them"
            raise DataError(Problem("D087", "there is no such row", unknown[0][:80], help=help))
        before: Action = "undo"
        new = []
        for row in {rows[name].id: rows[name] for name in names}.values():
            known = self.now.get(row.id)
            if (known.action if known else before) != action:
                new.append(Decision(row.id, mark(row), by, action, why.strip()))
        if new:
            with self.work.lock():
                mend(self.path)
                store.append(self.path, *(one.to_json() for one in new))
            self.all = [*self.all, *new]
            self.__dict__.pop("now", None)
        return len(new)


def current_user() -> str:
    """Who works here, as a name that a decision may have."""
    found = re.sub(r"[^A-Za-z0-9_-]", "-", getpass.getuser())[:40].strip("-_")
    return found or "somebody"
