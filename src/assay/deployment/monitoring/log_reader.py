"""A log of questions: what `assay serve` noted, what `assay answer` wrote, or any file that the
readers know.

A log is JSON lines of {id, at, arm, question, answer, passages, tokens, finish, confidence, ...};
of these only the question must be there. Its last line may be half written, for a server may be at
work. Feedback is JSON lines of {id, rating, correction, comment}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import DataError, Problem
from assay.core.types import Answer, Example, Message

if TYPE_CHECKING:
    from assay.config import Project
    from assay.runtime.data_stage.prepare import Prepared

# a line with a question, an answer and one of these is a log's
ANSWERED = {"arm", "finish", "confidence"}
RATINGS = {"good": 1, "up": 1, "bad": -1, "down": -1}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One question of a log. `answer` is None where the log has questions only."""

    question: Example
    at: float | None = None  # seconds since 1970
    arm: str = ""
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class UserFeedback:
    """What a user said of an answer."""

    id: str
    rating: int  # 1 good, -1 bad, 0 nothing
    correction: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Log:
    entries: list[LogEntry]
    left_out: int  # lines that are no entry: half written, without a question

    @property
    def arms(self) -> list[str]:
        """Who answered, in the order of first appearance."""
        return list(dict.fromkeys(entry.arm for entry in self.entries if entry.arm))


def read_log(file: Path, prepared: Prepared, project: Project) -> Log:
    """The questions of a log, with the repairs that every question gets.

    Raises:
        DataError: as the readers; D005, there is no question in it.
    """
    from assay.deployment.questions import prepare_question, read_questions

    if not _is_log(file):
        times = _times(file)
        questions = read_questions(prepared, project, file)
        return Log([LogEntry(one, times.get(one.source)) for one in questions], 0)
    entries, left_out = [], 0
    task = prepared.task
    for number, row in _lines(file):
        text = row.get("question") if row is not None else None
        if row is None or not isinstance(text, str) or not text.strip():
            left_out += 1
            continue
        place = f"{file.name}:{number}"
        id = str(row.get("id") or f"{file.stem}-{number}")
        example = prepare_question(
            project, Example(id, (Message("user", text),), source=place)
        ).question
        labels = task.labels if task.picks else ()
        entries.append(
            LogEntry(
                example, _seconds(row.get("at")), str(row.get("arm") or ""), _answer(row, labels)
            )
        )
    if not entries:
        raise DataError(Problem("D005", "there are no questions in it", str(file)))
    return Log(entries, left_out)


def _is_log(file: Path) -> bool:
    if not file.is_file() or file.suffix.lower() not in (".jsonl", ".ndjson", ".log"):
        return False
    first = next((row for _, row in _lines(file) if row is not None), {})
    return {"question", "answer"} <= set(first) and bool(ANSWERED & set(first))


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Number and object of each line; None for a line that holds none. Blank lines are passed
    over."""
    with file.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            try:
                row = json.loads(raw)
            except ValueError:
                row = None
            yield number, row if isinstance(row, dict) else None


def _answer(row: dict[str, Any], labels: tuple[str, ...]) -> Answer | None:
    """What the log says of the answer; None where the server could not give one."""
    finish, note = str(row.get("finish") or ""), str(row.get("note") or "")
    if finish == "error":
        return None
    text = row.get("answer")
    text = text if isinstance(text, str) else None
    confidence = row.get("confidence")
    readable = text is not None and (not labels or text.strip() in labels)
    return Answer(
        text.strip() if readable and labels and text is not None else text if readable else None,
        raw=text or "",
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
        passages=tuple(map(str, row.get("passages") or ())),
        tokens=int(row.get("tokens") or 0),
        truncated=finish == "length" or "cut" in note,
        refused=finish in ("refused", "content_filter") or "refused" in note,
        abstained=bool(row.get("abstained")) or "abstained" in note,
    )


def _seconds(value: Any) -> float | None:
    """Seconds since 1970, of a number or an ISO 8601 text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None


def _times(file: Path) -> dict[str, float]:
    """source -> time, where the file has a field `at`, `time`, `timestamp` or `created_at`."""
    from assay.data.reading.read_file import read

    found: dict[str, float] = {}
    for raw in read(file.absolute(), base=Path.cwd()).rows:
        for name in ("at", "time", "timestamp", "created_at"):
            value = _seconds(raw.fields.get(name))
            if value is not None:
                found[raw.source] = value
                break
    return found


def read_feedback(file: Path) -> list[UserFeedback]:
    """What users said, the newest of each answer.

    Raises:
        DataError: D001, there is no such file; D150, with every line that is no feedback.
    """
    if not file.is_file():
        raise DataError(Problem("D001", "no such file", str(file)))
    found: dict[str, UserFeedback] = {}
    problems = []
    for number, row in _lines(file):
        id = str((row or {}).get("answer_id") or (row or {}).get("id") or "")
        rating = _rating((row or {}).get("rating"))
        if row is None or not id or rating is None:
            help = (
                'one object a line: {"id": "...", "rating": "good", "correction": "...",'
                ' "comment": "..."}'
            )
            problems.append(Problem("D150", "is no feedback", f"{file.name}:{number}", help))
            continue
        found[id] = UserFeedback(
            id, rating, str(row.get("correction") or ""), str(row.get("comment") or "")
        )
    if problems:
        raise DataError(*problems)
    return list(found.values())


def _rating(value: Any) -> int | None:
    """1, -1 or 0; None for what is no rating."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1 if value else -1
    if isinstance(value, int | float):
        return (value > 0) - (value < 0)
    return RATINGS.get(str(value).casefold())
