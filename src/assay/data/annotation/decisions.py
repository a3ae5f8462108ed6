"""What somebody decided about a row: that it is dropped, or kept whatever a step says; or about an
annotator: that none of their votes counts. The decisions of a project are lines of
`decisions.jsonl`, which only grows.

A line      {"id", "text": hash of what the row asks, "by", "action": "drop", "keep" or "undo",
            "why"}; of an annotator {"annotator", "by", "action": "drop" or "undo", "why"}
Newer       a later decision about a row or an annotator stands for the earlier one, whoever made
            it; all stay in the file
Edited      a decision counts only for a row with the same text, as a vote does (`votes`)
Kept        by the steps of `prepare`: it gets the repairs that every question gets, and the ledger
            says which step would have dropped it. A leak into val or test is repaired all the same
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assay.core.types import Example
from assay.data.annotation.apply_votes import Applied, ledger_line
from assay.data.annotation.votes import mark
from assay.data.reading.findings import Findings, display_path
from assay.data.reading.read_file import read

STEP = "decide"
Action = Literal["drop", "keep", "undo"]
ACTIONS: tuple[Action, ...] = ("drop", "keep", "undo")


@dataclass(frozen=True, slots=True)
class Decision:
    id: str  # of the row
    text: str  # `mark` of the row that was looked at
    by: str
    action: Action
    why: str = ""
    annotator: str = ""  # whom it is about, in place of a row

    def to_json(self) -> dict[str, Any]:
        about = {"annotator": self.annotator} if self.annotator else self._row()
        line = {**about, "by": self.by, "action": self.action}
        return line | ({"why": self.why} if self.why else {})

    def _row(self) -> dict[str, Any]:
        return {"id": self.id, "text": self.text}


def read_decisions(path: Path, base: Path = Path()) -> list[Decision]:
    """The decisions of a file, in its order; none when there is no file.

    Raises:
        DataError: as `assay.data.reading.read_file.read`; D025 for a line that is no decision.
    """
    if not path.exists() or (path.is_file() and path.stat().st_size == 0):
        return []
    table = read(path, base=base)
    found = Findings(display_path(path, base))
    decisions = []
    for source, fields in table.rows:
        decision = _read_decision(fields)
        if decision is None:
            told = "is no decision: id, text, by, and action (drop, keep or undo) are needed"
            line = int(source.rpartition(":")[2])
            found.problem("D025", told, line, help="remove the line, or name another file")
        else:
            decisions.append(decision)
    found.settle()
    return decisions


def _read_decision(fields: Mapping[str, Any]) -> Decision | None:
    action = next((one for one in ACTIONS if one == fields.get("action")), None)
    about = ("annotator", "by") if fields.get("annotator") else ("id", "text", "by")
    own = {name: fields.get(name) for name in about}
    if action is None or not all(isinstance(value, str) and value for value in own.values()):
        return None
    if "annotator" in own and action == "keep":
        return None
    said = {"id": "", "text": "", **{name: str(value) for name, value in own.items()}}
    return Decision(action=action, why=str(fields.get("why") or ""), **said)


def dropped_annotators(decisions: Sequence[Decision]) -> dict[str, Decision]:
    """Those whose votes do not count, with the decision that says so."""
    newest = {one.annotator: one for one in decisions if one.annotator}
    return {name: one for name, one in newest.items() if one.action == "drop"}


def match_decisions(
    decisions: Sequence[Decision], examples: Sequence[Example]
) -> tuple[dict[str, Decision], list[Decision]]:
    """The newest decision by the id of the row that it is about; and those without a row. One that
    was undone is none."""
    marks = {example.id: mark(example) for example in examples}
    by_mark: dict[str, list[str]] = {}
    for row, text in marks.items():
        by_mark.setdefault(text, []).append(row)
    found: dict[str, Decision] = {}
    strays = []
    for one in (one for one in decisions if not one.annotator):
        same = by_mark.get(one.text, [])
        if marks.get(one.id) == one.text:
            found[one.id] = one
        elif len(same) == 1:
            found[same[0]] = one
        else:
            strays.append(one)
    return {row: one for row, one in found.items() if one.action != "undo"}, strays


def apply_decisions(done: Applied, decisions: Sequence[Decision], rows: Sequence[Example]) -> None:
    """Drop what is to be dropped of `done`, and note what is to be kept.

    Args:
        rows: all that were read, with and without a label.
    """
    found, strays = match_decisions(decisions, rows)
    left = []
    for row in done.examples:
        one = found.get(row.id)
        if one is not None:
            why = f"by {one.by}{f': {one.why}' if one.why else ''}"
            action = "dropped" if one.action == "drop" else "kept"
            done.ledger.append(ledger_line(row, STEP, action, why))
        if one is None or one.action == "keep":
            left.append(row)
    done.examples[:] = left
    done.kept |= {row for row, one in found.items() if one.action == "keep"}
    if strays:
        rows_gone = len({one.id for one in strays})
        are = "s are" if rows_gone != 1 else " is"
        told = f"{rows_gone:,} row{are} edited or no longer there that {strays[0].by} decided about"
        done.warnings.append({"code": "D088", "count": rows_gone, "text": told})
