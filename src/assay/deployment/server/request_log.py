"""The log of a server: what was asked and answered, and what people said of it, as JSON lines in
two files.

    log.jsonl            {id, at, arm, question, answer, parsed, abstained, passages, prompt_tokens,
                         tokens, seconds, finish}
    log.feedback.jsonl   {id, at, rating, correction, comment}: of the answer `id`

Watch out   questions and answers may be personal data: the files are their owner's alone (0600),
            and where the project anonymises, questions stand in them as its arms were asked.
            Answers stand as they were given
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.answers import Answer
from assay.core.corrupt_files import Tell, silent, tell_damage
from assay.core.types import Adapted, Example, Message, Task
from assay.retrieval.citations import read, says_unknown
from assay.strategies.compression.compressed_arm import Shrunk
from assay.strategies.prompting.prompt_search import WordingAnswers
from assay.strategies.prompting.prompted_arm import Prompted
from assay.strategies.retrieval.rag import RagAnswers
from assay.tasks.parsing import AnswerParser

MODE = 0o600
REMEMBERED = 100_000  # answers that can be rated: the newest

Ready = Callable[[Example], Example]


def feedback_file(log: Path) -> Path:
    """Where what people say of a log's answers stands."""
    return log.with_name(f"{log.stem}.feedback.jsonl")


class RequestLog:
    """Args:
    file: the log; it is continued. arms: by name, those of the project. ready: the repairs of its
    questions. tell: hears of a line that was cut off (R172).
    """

    def __init__(
        self, file: Path, arms: Mapping[str, Adapted], task: Task, ready: Ready, tell: Tell = silent
    ):
        self.file = file
        self._arms = arms
        self._task = task
        self._ready = ready
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        for one in (file, feedback_file(file)):
            if store.drop_torn_line(one):
                tell_damage(
                    tell,
                    one,
                    "what it was to hold is lost: nobody was told that it was kept",
                    "R172",
                )
        if file.exists():
            for row in store.read_lines(file):
                self._remember(row["id"])

    def note(self, record: Mapping[str, Any]) -> None:
        """One answer, before it is handed out whole.

        Raises:
            ResourceError: R002, it cannot be written.
        """
        asked = self._ready(Example(record["id"], (Message("user", record["question"]),)))
        said = parse_answer(
            self._arms.get(record["arm"]), self._task, record["answer"], record["passages"]
        )
        store.append(self.file, {**record, "question": asked.text, **said}, mode=MODE)
        with self._lock:
            self._remember(record["id"])

    def rate(self, said: Mapping[str, Any]) -> bool:
        """What a person says of an answer. False: no such answer stands in the log.

        Raises:
            ResourceError: R002, it cannot be written.
        """
        with self._lock:
            if said["id"] not in self._known:
                return False
        row = {"id": said["id"], "at": int(time.time()), **said}
        store.append(feedback_file(self.file), row, mode=MODE)
        return True

    def _remember(self, name: str) -> None:
        """Of several prompts in one request each answer has the request's id and a number; either
        may be rated."""
        self._known |= dict.fromkeys(("-".join(name.split("-")[:2]), name))
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]


def parse_answer(
    adapted: Adapted | None, task: Task, text: str, passages: list[str]
) -> dict[str, Any]:
    """How the arm reads what it has written: `parsed`, null where it cannot be read; and whether it
    `abstained`. Nothing for a model that is no arm of the task."""
    if adapted is None:
        return {}
    if isinstance(adapted, (WordingAnswers, Shrunk)):
        return parse_answer(adapted.inner, task, text, passages)
    if isinstance(adapted, RagAnswers):
        inner = parse_answer(adapted.inner, task, text, passages)
        answer = read(Answer(inner["parsed"], raw=text), passages)
        return {
            "parsed": answer.text,
            "abstained": says_unknown(answer.text, adapted.settings.unknown),
        }
    reading = adapted.reading if isinstance(adapted, Prompted) else AnswerParser(task)
    strict = reading.strict(text)
    return {"parsed": reading.lenient(text) if strict is None else strict, "abstained": False}
