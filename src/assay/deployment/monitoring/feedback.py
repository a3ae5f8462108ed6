"""What users said of answers, as a review: their corrections become lines of a sheet that `assay
review --in` takes.

A correction is held against the answer that it corrects: in the sheet it stands at B, the answer at
A, and B is chosen. Taken in, `assay review --pairs` writes preference pairs from it. No win rate is
counted over them: people correct what is wrong, so they say nothing of how often an arm is right.
Ratings are counted, with Wilson's interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.audits.human_review.pairwise import ReviewItem
from assay.audits.human_review.review import FOLDER, FROM_USERS, Review
from assay.audits.human_review.sheets import lines as sheet_lines
from assay.audits.human_review.sheets import write
from assay.audits.human_review.tally import wilson
from assay.core import store
from assay.core.project_paths import near, place
from assay.data.annotation.export_sheet import refuse_present
from assay.deployment.monitoring.log_reader import LogEntry, UserFeedback, read_feedback

CORRECTED = "correction"  # stands for an arm where a user wrote the answer


@dataclass(frozen=True)
class FeedbackSummary:
    """Feedback on the answers of a log."""

    good: int
    bad: int
    corrected: int
    unknown: int  # about answers that the log does not have
    sheet: str  # "" where there is no correction

    def to_json(self) -> dict[str, Any]:
        share = wilson(self.bad, self.good + self.bad) if self.good + self.bad else None
        told = (
            None if share is None else {"value": share.value, "low": share.low, "high": share.high}
        )
        return {**asdict(self), "bad_share": told}

    def lines(self, folder: Path) -> list[str]:
        out = [f"users    {self.good:,} good, {self.bad:,} bad, {self.corrected:,} corrected"]
        if self.unknown:
            out.append(f"         {self.unknown:,} about answers that this log does not have")
        if self.sheet:
            out.append(
                f"sheet    {self.sheet}; then: assay review {near(folder.absolute())} --in"
                f" {self.sheet}"
            )
        return out


def corrections(
    folder: Path, entries: Sequence[LogEntry], feedback: Path, sheet: Path
) -> FeedbackSummary:
    """Write the corrections as a filled sheet, and note in `reviews/items.jsonl` what its lines
    show.

    Raises:
        DataError: D001, D150 as `read_feedback`; D091, the sheet is there already.
    """
    refuse_present([sheet])
    said = read_feedback(feedback)
    by_id = {entry.question.id: entry for entry in entries}
    by_id |= {
        f"{entry.question.id.rpartition('-')[0]}": entry
        for entry in entries
        if entry.question.id[-2:] == "-0"
    }
    known = [(one, by_id[one.id]) for one in said if one.id in by_id]
    rows = [
        (_item(one, entry), one)
        for one, entry in known
        if one.correction and entry.answer is not None
    ]
    review = Review(folder)
    new = [item for item, _ in rows if item.id not in review.items]
    if new:
        store.append(place(folder, FOLDER) / "items.jsonl", *(item.to_json() for item in new))
    if rows:
        filled = [
            {**line, "choice": "B", "note": one.comment}
            for line, (_, one) in zip(
                sheet_lines([item for item, _ in rows], "users"), rows, strict=True
            )
        ]
        write(sheet, filled)
    return FeedbackSummary(
        sum(one.rating > 0 for one in said),
        sum(one.rating < 0 for one in said),
        len(rows),
        len(said) - len(known),
        str(sheet) if rows else "",
    )


def _item(said: UserFeedback, entry: LogEntry) -> ReviewItem:
    assert entry.answer is not None
    given = entry.answer.raw or entry.answer.text or ""
    arms = (entry.arm or "answer", CORRECTED)
    id = store.digest([said.id, entry.question.text, given, said.correction])[:12]
    return ReviewItem(
        id, entry.question.id, FROM_USERS, entry.question.text, "", given, said.correction, arms
    )
