"""One request while it is answered: its prompt, how far it has been read, and what its client was
told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from assay.core.errors import AssayError
from assay.core.types import Decoding
from assay.deployment.server.detokenizer import Teller, Voice, decode_token, tellings
from assay.deployment.server.engine_api import Piece, Told, Wanted
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.input_batch import BatchRow

GONE = "the client has left"
# What one request can make go wrong. Anything else is a fault of the engine, and ends it.
FAULTS = (
    AssayError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def describe_fault(fault: BaseException) -> str:
    """What a client is told of a fault."""
    if isinstance(fault, AssayError):
        return str(fault.problems[0]).splitlines()[0]
    return f"{type(fault).__name__}: {fault}".splitlines()[0][:200]


@dataclass(eq=False)
class Request:
    """A request under way; a `Ticket`. `until`: the time, on the monotonic clock, at which it is
    given up."""

    number: int
    wanted: Wanted
    put: Callable[[Piece], None]
    until: float
    wake: Callable[[], None] = lambda: None
    gone: bool = False
    over: bool = False
    running: bool = False  # not in a queue any more

    def cancel(self) -> None:
        self.gone = True
        self.wake()

    def say(self, piece: Piece) -> None:
        """Hand a piece out. A client that cannot take it is one that has left."""
        if self.over or self.gone:
            return
        self.over = bool(piece.finish)
        try:
            self.put(piece)
        except FAULTS:  # its loop or its pipe is closed
            self.gone = True

    def fail(self, text: str, code: str = "") -> None:
        """`code`: of a request that cannot be answered, whoever is asked."""
        self.say(Piece(finish="error", error=text, code=code))

    def end(self, text: str) -> None:
        """Fail, whether the client can be told or not."""
        self.fail(text)
        self.over = True

    def expire(self) -> bool:
        """End it where it is given up now; whether it is over."""
        if why := self.late():
            self.end(why)
        return self.over

    def late(self) -> str:
        """Why it is given up now; "" where it is not."""
        if self.gone:
            return GONE
        return "the time for an answer is over" if time.monotonic() > self.until else ""


@dataclass(eq=False, kw_only=True)
class RowState(BatchRow):
    """A request that is written token by token."""

    request: Request
    model: ChatModel
    teller: Teller
    passages: tuple[str, ...] = ()
    shared: int = 0  # tokens of the prompt that needed no computing
    apart: bool = False  # it is to enter by itself: a pass in which it entered has failed
    echoed: list[Told] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        request: Request,
        model: ChatModel,
        adapter: str,
        ids: list[int],
        how: Decoding,
        limit: int,
        passages: tuple[str, ...] = (),
    ) -> RowState:
        """
        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        teller = Teller(model.chat, how, limit, model.shape(how), request.wanted.top)
        (line,) = teller.lines([ids])
        own = {"line": line, "limit": limit, "adapter": adapter, "passages": passages}
        return cls(request=request, model=model, teller=teller, **own)

    def __post_init__(self) -> None:
        wanted = self.request.wanted
        whole = wanted.text is not None or self.teller.shape is not None
        self.voice = Voice(self.teller, self.line, whole=whole)
        self.array = np.asarray(self.ids, dtype=np.int64)
        # the prompt's own likelihoods are asked for
        self.reads = wanted.echo and wanted.top is not None
        self._echo = wanted.echo

    # --- what the client is told ------------------------------------------------------------------

    def hear(self, first: int, logits: torch.Tensor) -> None:
        """The fp32 logits of the prompt's tokens from the `first` on: what comes after each is
        told."""
        assert self.request.wanted.top is not None
        after = self.ids[first + 1 : first + 1 + len(logits)]
        if after:
            self.echoed += tellings(
                self.model.chat, logits[: len(after)], after, self.request.wanted.top
            )

    def write(self, logits: torch.Tensor) -> None:
        """Add a token from fp32 logits, (1, vocabulary), and say what can be said."""
        self.teller.write([self.line], logits)
        self.speak()

    def speak(self) -> None:
        text, tokens = "", ()
        if self._echo:
            text, tokens = self._prompt()
            self._echo = False
        text += self.voice.more()
        if not self.line.over and not text:
            return
        tokens = (*tokens, *self.teller.told)
        self.teller.told.clear()
        finish: Literal["", "stop", "length"] = ""
        if self.line.over:
            finish = "stop" if self.line.ended else "length"
        passages = self.passages if finish else ()
        self.request.say(
            Piece(
                text,
                tokens,
                finish,
                len(self.ids),
                len(self.line.tokens),
                self.shared,
                passages=passages,
            )
        )

    def _prompt(self) -> tuple[str, Sequence[Told]]:
        given, chat = self.request.wanted.text, self.model.chat
        text = (
            given
            if isinstance(given, str)
            else chat.tokenizer.decode(self.ids, skip_special_tokens=False)
        )
        if not self.reads:
            return text, ()
        return text, (Told(self.ids[0], decode_token(chat, self.ids[0]), None), *self.echoed)
