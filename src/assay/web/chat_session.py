"""Strategies of a project that stay open to be asked, and what a person says of their answers.

Kept    each answer in `asked.jsonl` beside the project file, as the log of `assay serve` keeps
        them; thumbs and corrections beside it. `assay feedback` makes training rows of both
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from assay.config.serve import BASE
from assay.core.errors import Problem, UsageError
from assay.core.project_paths import file_of
from assay.deployment.streaming import EXAM, Sampling

if TYPE_CHECKING:
    from assay.deployment.chat import ChatReply, Talk
    from assay.deployment.server.request_log import RequestLog

LONGEST = 20_000  # characters of a question, or of a correction
REMEMBERED = 20  # exchanges that the page shows
LOG = "asked.jsonl"
RATINGS = ("good", "bad")


@dataclass
class Exchange:
    """A question and its answers, each with its id in the log. `said`: id -> what was said of
    it."""

    question: str
    replies: list[tuple[str, ChatReply]]
    said: dict[str, str] = field(default_factory=dict)


@dataclass
class ChatSession:
    """The strategies of a project that were asked; they stay open. One question at a time."""

    target: Path
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _talk: Talk | None = None
    _log: RequestLog | None = None
    _adapted: dict[str, Any] = field(default_factory=dict)

    @property
    def log_file(self) -> Path:
        return file_of(self.target).parent / LOG

    def ask(
        self,
        question: str,
        names: list[str],
        sampling: Sampling = EXAM,
        say: Callable[[tuple[str, str]], None] = lambda piece: None,
    ) -> Exchange:
        """The answers of these strategies; the exchange stands first among `exchanges`.

        Args:
            say: gets (strategy, piece of its text) as it is written, one strategy after another.
                What it raises ends the answer.

        Raises:
            UsageError: C083, C062: there is no such strategy, or it was not fitted. HTTPException:
                503, another question is being answered.
        """
        if not self._busy.acquire(timeout=1):
            raise HTTPException(503, "Another question is being answered; ask again in a moment.")
        try:
            exchange = Exchange(question, [])
            for name in names:
                talk = self._opened(name)
                talk.sampling = sampling
                stream = talk.stream(question)
                for piece in stream:
                    say((name, piece))
                assert stream.reply is not None
                self._adapted[name] = None if name == BASE else talk.open(name).adapted
                exchange.replies.append((self._note(question, stream.reply), stream.reply))
            assert self._talk is not None
            self._talk.arm = names[0]
            if self._talk.remembers:
                self._talk.remember(question, exchange.replies[0][1].answer)
            self.exchanges.appendleft(exchange)
            return exchange
        finally:
            self._busy.release()

    def _opened(self, name: str) -> Talk:
        from assay.deployment.chat import talk
        from assay.runtime.latest_report import refuse_unknown

        if self._talk is None:
            self._talk = talk(self.target, name)
        refuse_unknown(self._talk.project, name)
        self._talk.arm = name
        return self._talk

    def _note(self, question: str, reply: ChatReply) -> str:
        """The id of the answer in the log."""
        from assay.deployment.questions import prepare_question
        from assay.deployment.server.request_log import RequestLog

        assert self._talk is not None
        if self._log is None:
            ready = partial(prepare_question, self._talk.project)
            task = self._talk.open(reply.arm).task
            self._log = RequestLog(self.log_file, self._adapted, task, ready)
        name = f"chatcmpl-{uuid.uuid4().hex}"
        one = reply.answer
        record = {"id": name, "at": int(time.time()), "arm": reply.arm, "question": question}
        record |= {"answer": one.raw or one.text or "", "passages": list(one.passages)}
        record |= {"prompt_tokens": one.prompt_tokens, "tokens": one.tokens}
        record |= {"seconds": round(reply.seconds, 3), "finish": "stop"}
        self._log.note(record)
        return name

    def rate(self, id: str, rating: str, correction: str) -> None:
        """
        Raises:
            UsageError: C060, nothing is said, or of no answer of this page.
        """
        said: dict[str, Any] = {"id": id}
        said |= {"rating": rating} if rating in RATINGS else {}
        said |= {"correction": correction[:LONGEST]} if correction else {}
        known = [one for one in self.exchanges if id in dict(one.replies)]
        if len(said) == 1 or not known or self._log is None or not self._log.rate(said):
            raise UsageError(Problem("C060", "say good, bad, or what is right, of an answer here"))
        words = {"good": "good", "bad": "bad"}.get(rating, "")
        known[0].said[id] = f"{words}{', ' if words and correction else ''}" + (
            f"right is: {correction}" if correction else ""
        )
