"""Rows that people drop, or keep whatever a step of `prepare` says: `assay annotate --drop ROW`;
and annotators whose votes do not count: `assay annotate --drop-annotator NAME`.

Decisions are kept in `decisions.jsonl` beside the project file, or in the file that
`data.decisions` names. A run applies them, and its ledger says so; no data file is changed.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from assay.config.project import DECISIONS
from assay.core import store
from assay.core.errors import DataError, Problem, UsageError
from assay.data.annotation.decisions import (
    Action,
    Decision,
    dropped_annotators,
    match_decisions,
    read_decisions,
)
from assay.data.annotation.export_sheet import PERSON
from assay.data.annotation.votes import mark, mend

if TYPE_CHECKING:
    from assay.runtime.data_stage.annotation import Annotation


class RowDecisions:
    """The decisions of a project about its rows and annotators. `work`: has the rows."""

    def __init__(self, work: Annotation):
        project = work.project
        self.work = work
        self.path = project.decisions or project.folder / DECISIONS
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
        _require_name(by)
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
        self._add(new)
        return len(new)

    def decide_annotators(
        self, names: Sequence[str], action: Literal["drop", "undo"], by: str, why: str = ""
    ) -> int:
        """Let no vote of these people count, or let them count again; for how many that was not
        decided so before.

        Raises:
            UsageError: C073, `by` is no name. DataError: D087, nobody of that name has voted.
        """
        _require_name(by)
        known = {vote.annotator for vote in self.work.votes}
        if unknown := [name for name in names if name not in known]:
            who = ", ".join(sorted(known)) or "nobody"
            help = f"these have voted: {who}"
            raise DataError(Problem("D087", "nobody of that name has voted", unknown[0], help=help))
        gone = dropped_annotators(self.all)
        changed = [name for name in dict.fromkeys(names) if (name in gone) != (action == "drop")]
        self._add([Decision("", "", by, action, why.strip(), name) for name in changed])
        return len(changed)

    def _add(self, new: Sequence[Decision]) -> None:
        if not new:
            return
        with self.work.lock():
            mend(self.path)
            store.append(self.path, *(one.to_json() for one in new))
        self.all = [*self.all, *new]
        self.__dict__.pop("now", None)
        self.work.reload_votes()


def _require_name(by: str) -> None:
    if not PERSON.fullmatch(by):
        text = f"a name has 1 to 40 letters, digits, - and _; got {by!r}"
        raise UsageError(Problem("C073", text, "by"))


def current_user() -> str:
    """Who works here, as a name that a decision may have."""
    found = re.sub(r"[^A-Za-z0-9_-]", "-", getpass.getuser())[:40].strip("-_")
    return found or "somebody"
