"""What the server asks of an engine, and what it is told. The nouns that `engine.py` and the routes
share.

Wanted  one request      Piece   a part of its answer, as soon as it is there
Ticket  a request under way; it can be given up      Engine  what answers, on threads of its own
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from assay.core.types import GREEDY, Decoding, Messages


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request, checked. Either `messages` (a conversation, for the arm's own prompt) or `text`
    is given."""

    arm: str
    messages: Messages = ()
    # a completion: raw text or token ids, sent as they are
    text: str | tuple[int, ...] | None = None
    max_tokens: int = 256
    how: Decoding = GREEDY
    # likeliest tokens told at each place, 0 to 20; None: no log-probabilities at all
    top: int | None = None
    echo: bool = False  # the prompt's own tokens come first, as part of the answer (completions)


@dataclass(frozen=True, slots=True)
class Told:
    """One token of the answer."""

    id: int
    text: str
    logprob: float | None  # natural; None for the first token of a prompt
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer. The last one has `finish` and the counts."""

    text: str = ""  # never half a character
    tokens: tuple[Told, ...] = ()
    finish: Literal["", "stop", "length", "error"] = ""
    prompt_tokens: int = 0
    written: int = 0
    shared: int = 0  # of the prompt's tokens, those that needed no computing
    passages: tuple[str, ...] = ()
    confidence: float | None = None  # of a chosen label: its share among the labels
    error: str = ""  # why `finish` is "error"
    code: str = ""  # M120 to M123 where the request is to blame, and not the engine


@dataclass(frozen=True, slots=True)
class Served:
    """One name under /v1/models."""

    name: str
    kind: str
    context: int  # tokens of prompt and answer together
    created: int  # seconds since 1970
    embeds: bool = False  # it has an encoder: /v1/embeddings
    writes: bool = True
    # tokens that its answers could have when it was measured: `max_tokens` of those who name none
    room: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    running: int
    waiting: int
    slots: int
    queue: int  # how many may wait


class QueueFull(Exception):
    """As many requests wait as may. `seconds` until it is worth asking again."""

    def __init__(self, seconds: float):
        super().__init__(f"the queue is full; try again in {seconds:.0f} s")
        self.seconds = seconds


class Ticket(Protocol):
    def cancel(self) -> None:
        """Give the answer up; its place is free within a step of the engine. Harmless when it is
        finished."""
        ...


class Engine(Protocol):
    """Answers requests on threads of its own. All methods may be called from any thread, and return
    at once."""

    def list_models(self) -> tuple[Served, ...]: ...

    def begin(self, wanted: Wanted, put: Callable[[Piece], None]) -> Ticket:
        """Queue a request. `put` is called on the engine's thread, in order, with a last piece that
        has `finish`.

        Raises:
            Full: the queue is full. AssayError: the request cannot be answered (too long, not this
                arm's kind).
        """
        ...

    def embed(self, name: str, texts: Sequence[str]) -> tuple[Any, int]:
        """Vectors (texts, dimensions), fp32, and the tokens read. This one waits; call it off the
        event loop."""
        ...

    def load(self) -> Load: ...

    def close(self, seconds: float) -> None:
        """Take nothing new; finish what runs within so many seconds, then give it up."""
        ...
