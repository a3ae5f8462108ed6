"""A reward function of the user's own: `score(questions, answers, targets)` of a Python file.

What it gets   three lists of the same length: what was asked, what was written, the row's target,
               or None where it has none
What it gives  a list of as many numbers, higher is better
Settings       keep the file's text, so that a changed file is a new key and an exported strategy
               needs no file; so it can import what is installed, and nothing that lies beside it
Where          in a process of its own, which is ended where a call takes longer than `seconds`;
               what it prints goes to standard error. It is the user's own code: no sandbox
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from assay.core.errors import Problem, TrainError, UsageError
from assay.core.processes import end_process, start_process
from assay.core.types import Answer, Example, Lesson
from assay.evaluation.rewards.reward import NUMBERS, AnswerScorer, RewardPart

MODULE = "assay.evaluation.rewards.python_process"
LARGEST = 1 << 20  # bytes of a file
WRITE = "write `file: rewards.py`, a file with `def score(questions, answers, targets)`"
KEPT = "what was trained so far is kept"
STARTING = 60.0  # seconds that a file may take to be imported


class PythonReward(RewardPart):
    kind: Literal["python"] = "python"
    file: str = ""  # from the project's folder
    function: str = "score"
    seconds: float = Field(default=60.0, gt=0, le=86400)  # that one call may take
    source: str = ""  # the file's text, read when the project is read

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        """A path is read here, so that the key is made from what the file says, and no worker needs
        the file."""
        if not isinstance(value, dict) or value.get("source"):
            return value
        named = value.get("file")
        if not isinstance(named, str) or not named:
            raise load_error("the reward 'python' names no file", "")
        path = (info.context or {}).get("folder", Path()) / named
        return {**value, "source": read_source(path)}

    def fit(self, lesson: Lesson) -> PythonScorer:
        return PythonScorer(self)


def read_source(path: Path) -> str:
    """
    Raises:
        UsageError: T108, it cannot be read, or is no Python.
    """
    try:
        data = path.read_bytes()
        if len(data) > LARGEST:
            raise load_error(f"has {len(data):,} bytes; at most {LARGEST:,} are read", str(path))
        text = data.decode("utf-8")
        compile(text, str(path), "exec")
    except OSError as error:
        raise load_error(f"cannot be read: {error.strerror}", str(path)) from None
    except UnicodeDecodeError:
        raise load_error("is not UTF-8", str(path)) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0)
        raise load_error(
            f"is no Python: {error}", f"{path}:{line}" if line else str(path)
        ) from None
    return text


def load_error(text: str, place: str) -> UsageError:
    return UsageError(Problem("T108", text if not place else f"{place} {text}", help=WRITE))


class PythonScorer(AnswerScorer):
    """Asks the function, in its process, which is started by the first call and ends with this
    object."""

    def __init__(self, settings: PythonReward):
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""

    def score(self, rows: Sequence[Example], answers: Sequence[Answer]) -> list[float]:
        """
        Raises:
            TrainError: T108 it cannot be loaded, T109 it raised, T110 it took too long or its
                process ended, T111 it gave no numbers.
        """
        if not rows:
            return []
        if self._process is None:
            self._start()
        told = self._ask(
            {
                "questions": [row.text for row in rows],
                "answers": [answer.raw for answer in answers],
                "targets": [row.target for row in rows],
            },
            self.settings.seconds,
        )
        if told.get("error") == "raised":
            text = f"the reward function '{self.settings.function}' raised {told['text']}"
            raise self._error("T109", text, "mend the function; " + KEPT, told)
        if told.get("error") == "type":
            text = f"the reward function '{self.settings.function}' {told['text']}"
            raise self._error("T111", text, NUMBERS)
        return told["values"]

    def _start(self) -> None:
        self._process = start_process(MODULE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        weakref.finalize(self, end_process, self._process)
        own = self.settings
        job = {"source": own.source, "file": own.file, "function": own.function}
        told = self._ask(job, max(STARTING, own.seconds))
        if told.get("error") == "load":
            text = f"the reward's file cannot be loaded: {told['text']}"
            raise self._error("T108", text, "it can import what is installed here", told)
        if told.get("error") == "missing":
            known = ", ".join(told["known"]) or "none"
            text = f"there is no function '{own.function}' in the reward's file; it has {known}"
            raise self._error("T108", text, WRITE)

    def _ask(self, job: dict[str, Any], seconds: float) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._gone() from None
        until, handle = time.monotonic() + seconds, process.stdout.fileno()
        with selectors.DefaultSelector() as watch:
            watch.register(handle, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not watch.select(max(0.0, until - time.monotonic())):
                    self._end()
                    text = f"the reward function was not done after {seconds:g} seconds"
                    way = f"mend it, or raise `seconds`; {KEPT}"
                    raise self._error("T110", text, way)
                if not (data := os.read(handle, 1 << 16)):
                    raise self._gone()
                self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    def _gone(self) -> TrainError:
        self._end()
        text = "the process of the reward function ended by itself"
        return self._error("T110", text, f"see what it printed; {KEPT}")

    def _end(self) -> None:
        if self._process is not None:
            end_process(self._process)
            self._process, self._unread = None, b""

    def _error(
        self, code: str, text: str, way: str, told: dict[str, Any] | None = None
    ) -> TrainError:
        self._end()
        line = (told or {}).get("line")
        place = f"{self.settings.file}:{line}" if line else self.settings.file
        return TrainError(Problem(code, text, place, help=way))
