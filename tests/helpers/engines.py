"""What tests of the engine share: ask and wait for the answer."""

import queue
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assay.config import make_strategy
from assay.core.types import Message
from assay.deployment.server.arms import ServedArm
from assay.deployment.server.engine import OwnEngine
from assay.deployment.server.engine_api import Piece, Wanted

PATIENCE = 60  # seconds, after which a test has failed


@dataclass
class Heard:
    """All pieces of an answer, as they come."""

    pieces: list[Piece] = field(default_factory=list)
    come: queue.Queue = field(default_factory=queue.Queue)
    ticket: object = None

    def put(self, piece: Piece) -> None:
        self.come.put(piece)

    def next(self) -> Piece:
        self.pieces.append(self.come.get(timeout=PATIENCE))
        return self.pieces[-1]

    def wait(self) -> "Heard":
        while not self.pieces or not self.pieces[-1].finish:
            self.next()
        return self

    @property
    def last(self) -> Piece:
        return self.wait().pieces[-1]

    @property
    def text(self) -> str:
        self.wait()
        return "".join(piece.text for piece in self.pieces)

    @property
    def tokens(self):
        self.wait()
        return [told for piece in self.pieces for told in piece.tokens]


def begin(engine, wanted: Wanted) -> Heard:
    heard = Heard()
    heard.ticket = engine.begin(wanted, heard.put)
    return heard


def chat(*texts: str):
    """A conversation: the first text is the system's unless it is empty; then user and assistant
    take turns."""
    first, *turns = texts
    roles = ("user", "assistant")
    made = [Message(roles[i % 2], text) for i, text in enumerate(turns)]
    return (*((Message("system", first),) if first else ()), *made)


def fit_arm(kind, settings, lesson):
    """An arm of these settings, fitted on the lesson of that kind of task, as it is served."""
    strategy = make_strategy(settings, {})
    return ServedArm.of("arm", strategy.kind, strategy.fit(replace(lesson(kind), base="tiny")))


@contextmanager
def running(arms, **sizes):
    engine = OwnEngine(arms, **{"queue": 1000, **sizes})
    try:
        yield engine
    finally:
        engine.close(0)
