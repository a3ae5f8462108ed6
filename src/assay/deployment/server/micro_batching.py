"""Arms whose answers are not written token by token: requests are gathered for some milliseconds
and asked at once.

Why      A label is chosen by reading all labels after the prompt; what many prompts share is read
         once a call. So the answer is the one that was measured, and ten requests that come
         together take little more than one.
Costs    WAIT milliseconds at most where the engine has nothing else to do. While a call runs,
         nothing is written.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.core.types import Answer, Example
from assay.deployment.server.arms import ServedArm
from assay.deployment.server.engine_api import Piece, Told
from assay.deployment.server.sequence import FAULTS, Request, describe_fault

WAIT = 0.004  # seconds that a request waits for others
TOGETHER = 32  # questions a call


@dataclass(eq=False)
class QueuedQuestion:
    request: Request
    question: Example
    since: float = field(default_factory=time.monotonic)


class MicroBatcher:
    """The requests of one arm."""

    def __init__(self, arm: ServedArm, wait: float = WAIT):
        self.arm = arm
        self.wait = wait
        self.waiting: list[QueuedQuestion] = []
        self.running = 0

    @property
    def busy(self) -> bool:
        return bool(self.waiting)

    def add(self, asked: QueuedQuestion) -> None:
        self.waiting.append(asked)

    def due(self) -> float:
        """Seconds until a call is made; infinity where nothing waits."""
        if not self.waiting:
            return math.inf
        if len(self.waiting) >= TOGETHER:
            return 0.0
        return max(0.0, self.waiting[0].since + self.wait - time.monotonic())

    def step(self) -> None:
        """Ask what waits, if it is due."""
        self.waiting = [one for one in self.waiting if not one.request.expire()]
        if self.due() > 0:
            return
        some, self.waiting = self.waiting[:TOGETHER], self.waiting[TOGETHER:]
        for one in some:
            one.request.running = True
        self._ask(some)

    def _ask(self, some: Sequence[QueuedQuestion]) -> None:
        assert self.arm.adapted is not None
        try:
            answers = self.arm.adapted.answer([one.question for one in some])
        except FAULTS as fault:
            if len(some) > 1:  # one of them may be at fault: each by itself
                for one in some:
                    self._ask([one])
                return
            some[0].request.fail(describe_fault(fault))
            return
        for one, answer in zip(some, answers, strict=True):
            one.request.say(piece_of(answer, likely=one.request.wanted.top is not None))

    def give_up(self, why: str) -> None:
        """End all that wait."""
        for one in self.waiting:
            one.request.fail(why)
        self.waiting = []


def piece_of(answer: Answer, *, likely: bool) -> Piece:
    """A whole answer. What could not be read as an answer is given as it was written; where
    likelihoods are asked for, a chosen label counts as one token whose share is the answer's
    confidence."""
    text = answer.raw if answer.text is None else answer.text
    tokens = ()
    if likely and answer.confidence:
        tokens = (Told(0, text, math.log(answer.confidence)),)
    return Piece(
        text,
        tokens,
        "length" if answer.truncated else "stop",
        prompt_tokens=answer.prompt_tokens,
        written=answer.tokens,
        passages=answer.passages,
        confidence=answer.confidence,
    )
