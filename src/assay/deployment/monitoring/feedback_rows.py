"""What people said of answers, as training rows of the next round: corrections, approvals and
ratings, in the project's own columns.

From            the log of `assay serve` with its feedback, and the ratings of `assay review`
A row           target: the correction, the answer that was approved, or the one that most raters
                preferred. rejected: the answer that was corrected, disapproved or not preferred
Disapproved     without a correction it says what the answer is not, and there is nothing to learn
                unless the question has a target: in this feedback, or among the training rows
Left out        what equals or is near to a test row, or stands in one; what is in the training rows
                or the file already; answers that are no label where there are labels
Watch out       people correct what is wrong: such rows are no random sample. Learn from them, and
                measure on others
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.audits.human_review.review import FROM_USERS, Review
from assay.core import store
from assay.core.command_hints import with_project
from assay.core.corrupt_files import Tell, silent
from assay.core.errors import Problem, UsageError
from assay.core.project_paths import near
from assay.core.types import Example, Message
from assay.data.leak_audit import audit, repair
from assay.data.text_similarity import normal
from assay.deployment.monitoring.log_reader import LogEntry, UserFeedback, read_feedback, read_log
from assay.deployment.monitoring.watch import measured_rows
from assay.deployment.server.request_log import MODE, feedback_file
from assay.runtime.data_stage.redaction import Veil, key_of

if TYPE_CHECKING:
    from assay.config import Project
    from assay.runtime.data_stage.prepare import Prepared

FILE = "feedback.jsonl"  # beside the project file
TARGETS = ("answer", "label", "code", "labels", "entities", "grades")  # roles of columns
ASKED = ("text", "question", "messages")
CORRECTION, APPROVED, RATED = "corrections", "approved answers", "rated pairs"
BESIDE = "disapproved answers, beside what is right"
OPEN = "disapproved, and nobody has said what is right"
UNKNOWN = "about an answer that the log does not have"
TEST = "of a test row, or near to one"
SAME = "known already"
NO_LABEL = "not one of the labels"


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of one answer. `target` is None where nobody said what is right."""

    question: str
    target: str | None
    rejected: str | None
    why: str
    group: str | None = None

    @property
    def id(self) -> str:
        return "said-" + store.digest([self.question, self.target, self.rejected])[:12]


@dataclass(frozen=True)
class FeedbackRows:
    """What was written, and what was not."""

    out: Path
    rows: list[dict[str, Any]]
    made: dict[str, int]  # by what they came from
    pairs: int  # rows with a rejected answer
    left_out: dict[str, int]  # by reason
    named: bool  # whether the project file names the file already
    split: str  # the key of `data.files` whose rows are learnt from
    columns: tuple[str, ...] = ()  # that the project does not name, and pairs need

    def to_json(self) -> dict[str, Any]:
        return {
            "out": str(self.out),
            "rows": len(self.rows),
            "made": self.made,
            "pairs": self.pairs,
            "left_out": self.left_out,
            "named": self.named,
        }

    def lines(self, project: Path) -> list[str]:
        said = ", ".join(f"{why}: {n:,}" for why, n in self.made.items())
        out = [
            f"rows     {len(self.rows):,} new in {near(self.out)}{f' ({said})' if said else ''};"
            f" {self.pairs:,} with a rejected answer"
        ]
        out += [f"left out {n:,} {why}" for why, n in self.left_out.items()]
        if self.rows and not self.named:
            # The first file of a list has every field that the project names.
            first = ", first in its list," if self.pairs and self.columns else ""
            place = f"under data.files.{self.split} of project.yaml"
            out.append(f"next     name {self.out.name}{first} {place}")
            if first:
                out += [f"         and {one}: {one} under data.columns" for one in self.columns]
        if self.rows:
            out.append(f"then     assay run {near(project.absolute())}")
        return out


def collect_feedback(
    project: str | Path = ".",
    log: Path | None = None,
    *,
    feedback: Path | None = None,
    out: Path | None = None,
    offline: bool = False,
    tell: Tell = silent,
) -> FeedbackRows:
    """Write what people said as training rows; a second call adds only what is new.

    Args:
        log: of `assay serve`. None: ratings of `assay review` alone.
        feedback: what users said of the log's answers; beside the log when left out.
        out: the file, JSON lines; it is continued. `feedback.jsonl` beside the project file when
            left out.

    Raises:
        UsageError: C225, nobody has said anything. DataError: as `read_log` and `read_feedback`.
    """
    from assay.config import load
    from assay.config.start import begin

    today = load(begin(with_project(Path(project))))
    own, prepared = measured_rows(today, offline)
    file = out or today.folder / FILE
    left: Counter[str] = Counter()
    found: list[Said] = []
    if log is not None:
        with Veil(own, key_of(own)):
            entries = read_log(log, prepared, own).entries
        found += list(_of_log(entries, read_feedback(feedback or feedback_file(log)), left))
    found += list(_of_ratings(Review.of(today.target, tell), prepared, left))
    if not found and not left:
        text = "nobody has said anything of an answer yet"
        way = "name a log of assay serve with feedback, or have answers rated: assay review"
        raise UsageError(Problem("C225", text, str(log or today.target), way))
    train = prepared.examples("train")
    kept = _without_test(_complete(found, train, left), prepared, own, left)
    kept = list(_new(kept, [*train, *prepared.examples("val")], prepared, file, left))
    columns = prepared.note["columns"]
    # Earlier reports did not note the field of groups.
    group = prepared.note.get("group", own.split.group)
    rows = [_row(one, columns, group) for one in kept]
    if rows:
        store.append(file, *rows, mode=MODE)
    listed = {path.absolute() for paths in today.files.values() for path in paths}
    return FeedbackRows(
        file,
        rows,
        dict(Counter(one.why for one in kept)),
        sum(one.rejected is not None for one in kept),
        dict(left),
        file.absolute() in listed,
        "train" if today.data.files.train else "data",
        () if "rejected" in columns else ("rejected",),
    )


def _of_log(
    entries: Sequence[LogEntry], feedback: Sequence[UserFeedback], left: Counter[str]
) -> Iterator[Said]:
    by_id = {entry.question.id: entry for entry in entries}
    # of several prompts in one request the first may be named by the request's id
    by_id |= {name[:-2]: entry for name, entry in list(by_id.items()) if name.endswith("-0")}
    for one in feedback:
        entry = by_id.get(one.id)
        if entry is None or entry.answer is None:
            left[UNKNOWN] += 1
            continue
        question = entry.question.text
        given = (entry.answer.text or entry.answer.raw).strip()
        if right := one.correction.strip():
            yield Said(
                question, right, given if normal(right) != normal(given) else None, CORRECTION
            )
        elif one.rating > 0 and given:
            yield Said(question, given, None, APPROVED)
        elif one.rating < 0 and given:
            yield Said(question, None, given, OPEN)


def _of_ratings(review: Review, prepared: Prepared, left: Counter[str]) -> Iterator[Said]:
    """The answers that more people prefer than not, of train and val rows."""
    items = review.items
    votes: Counter[tuple[str, str]] = Counter()  # (item, answer) -> preferences
    for rating in review.ratings:
        item = items.get(rating.id)
        if item is None or item.better or rating.choice not in ("A", "B"):
            continue
        if item.split == "test":
            left[TEST] += 1
            continue
        votes[item.again or item.id, item.a if rating.choice == "A" else item.b] += 1
    groups = {row.id: row.group for part in ("train", "val") for row in prepared.examples(part)}
    for (name, chosen), n in votes.items():
        item = items[name]
        other = item.b if chosen == item.a else item.a
        if n > votes[name, other]:
            why = CORRECTION if item.split == FROM_USERS else RATED
            yield Said(item.question, chosen, other, why, groups.get(item.row))


def _complete(
    found: Sequence[Said], train: Sequence[Example], left: Counter[str]
) -> Iterator[Said]:
    """A disapproved answer beside what is right, where that is known: in another's words, or in a
    training row."""
    right = {normal(row.text): row.target for row in train if row.target}
    right |= {normal(one.question): one.target for one in found if one.target is not None}
    for one in found:
        if one.target is not None:
            yield one
        elif (target := right.get(normal(one.question))) and target != one.rejected:
            yield replace(one, target=target, why=BESIDE)
        else:
            left[OPEN] += 1


def _without_test(
    found: Iterator[Said], prepared: Prepared, project: Project, left: Counter[str]
) -> list[Said]:
    """Those that give no test row away."""
    said = list(found)
    rows = [
        Example(str(at), (Message("user", one.question),), one.target)
        for at, one in enumerate(said)
    ]
    split = project.split
    near_test = repair(
        audit(
            rows,
            (),
            prepared.examples("test"),
            threshold=split.near,
            contained=split.contained,
        ).pairs
    )
    if near_test:
        left[TEST] += len(near_test)
    return [one for at, one in enumerate(said) if str(at) not in near_test]


def _new(
    found: Sequence[Said],
    rows: Sequence[Example],
    prepared: Prepared,
    file: Path,
    left: Counter[str],
) -> Iterator[Said]:
    """Those that are in neither the rows nor the file, each once, with a target that the task can
    have."""
    name = prepared.note["columns"].get("id", "id")
    known = {row.get(name) for row in store.read_lines(file)} if file.exists() else set()
    there = {(normal(row.text), row.target, row.rejected) for row in rows}
    # A target that is learnt already is no news without an answer beside it.
    there |= {(question, target, None) for question, target, _ in there}
    labels = prepared.task.labels if prepared.task.picks else ()
    for one in found:
        if labels and one.target not in labels:
            left[NO_LABEL] += 1
        elif one.id in known or (normal(one.question), one.target, one.rejected) in there:
            left[SAME] += 1
        else:
            known.add(one.id)
            yield one


def _row(one: Said, columns: dict[str, str], group: str | None) -> dict[str, Any]:
    """The row in the columns of the project's own files. `group`: the field that groups stand in,
    so that what is said of a row stays with that row in a split."""
    asked = next((role for role in ASKED if role in columns), "text")
    row: dict[str, Any] = {columns.get("id", "id"): one.id}
    if asked == "messages":
        row[columns[asked]] = [
            {"role": "user", "content": one.question},
            {"role": "assistant", "content": one.target},
        ]
    else:
        target = next((columns[role] for role in TARGETS if role in columns), "answer")
        row |= {columns.get(asked, asked): one.question, target: one.target}
    if one.rejected is not None:
        row[columns.get("rejected", "rejected")] = one.rejected
    if group is not None:  # every file has the field; who is alone is a group of its own
        row[group] = one.group or one.id
    return row
