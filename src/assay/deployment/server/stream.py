"""Answers under way: from the engine's threads to the event loop, and out as server-sent events.

A client that leaves gives its answer up: the engine's place is free within a step.
Source   platform.openai.com/docs/api-reference/chat-streaming; html.spec.whatwg.org, "Server-sent
         events"
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assay.core.store import to_json
from assay.deployment.server.admission import InFlightRequests
from assay.deployment.server.engine_api import Engine, Piece, Ticket, Wanted
from assay.deployment.server.errors import HttpRefusal, faulty, late, stopping

T = TypeVar("T")
DONE = b"data: [DONE]\n\n"


class Gone(Exception):
    """The client has left; nobody reads what would be sent."""


class Answers:
    """The answers of one request, and their pieces in the order in which they come.

    Args:
        seconds: until the last piece must be there.
    """

    def __init__(
        self, engine: Engine, wanted: Sequence[Wanted], inside: InFlightRequests, seconds: float
    ):
        self._engine = engine
        self._wanted = wanted
        self._inside = inside
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + seconds
        self._pieces: asyncio.Queue[tuple[int, Piece]] = asyncio.Queue()
        self._tickets: list[Ticket] = []
        self._over = False
        self._open = len(wanted)

    async def begin(self) -> None:
        """Raises: Full, AssayError: as the engine; then nothing of the request runs."""
        await asyncio.to_thread(self._begin)  # a long prompt takes a while to be made into tokens

    def _begin(self) -> None:
        try:
            for number, wanted in enumerate(self._wanted):
                self._tickets.append(self._engine.begin(wanted, partial(self._put, number)))
                if self._over:  # the client left meanwhile
                    break
        except BaseException:
            self._over = True
            raise
        finally:
            if self._over:
                self._cancel()

    def _put(self, number: int, piece: Piece) -> None:
        """On the engine's thread."""
        with suppress(RuntimeError):  # the loop has ended: the process is stopping
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, (number, piece))

    async def next(self) -> tuple[int, Piece] | None:
        """The next piece of any of the answers; None: all are whole.

        Raises:
            Refused: 504 it took too long; 503 the server stops; 500 the engine could not go on; 400
                it will not.
        """
        if not self._open:
            return None
        try:
            async with asyncio.timeout_at(self._until) as wait:
                self._inside.waits.add(wait)
                try:
                    number, piece = await self._pieces.get()
                finally:
                    self._inside.waits.discard(wait)
        except TimeoutError:
            raise (stopping() if self._inside.draining else late(self._seconds)) from None
        if piece.finish == "error":
            raise stopping() if self._inside.draining else faulty(piece.error, piece.code)
        self._open -= bool(piece.finish)
        return number, piece

    def close(self) -> None:
        """Give up what is not whole yet."""
        self._over = True
        self._cancel()

    def _cancel(self) -> None:
        for ticket in list(self._tickets):
            ticket.cancel()


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, unless the client leaves before.

    Raises:
        Gone: it has left; the work was cancelled.
    """
    doing, leaving = (
        asyncio.ensure_future(work),
        asyncio.ensure_future(_wait_for_disconnect(receive)),
    )
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Gone
        return doing.result()
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Events(Response):
    """Server-sent events, each a JSON object; ends with `[DONE]`, or with an error in its place.

    Args:
        events: what is sent. close: called however it ends. seconds: that a client may take to read
            an event.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[BaseModel | dict[str, Any]],
        answers: Answers,
        seconds: float = 60.0,
    ):
        super().__init__(None, 200)
        del self.headers["content-length"]
        self._events = events
        self._answers = answers
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with suppress(Gone):
                await while_there(receive, self._send(send))
        finally:
            self._answers.close()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        end = DONE
        try:
            async for event in self._events:
                async with asyncio.timeout(self._seconds):
                    await send(
                        {"type": "http.response.body", "body": line(event), "more_body": True}
                    )
        except HttpRefusal as refused:
            end = line(refused.body)
        except TimeoutError:  # it does not read what is sent
            raise Gone from None
        await send({"type": "http.response.body", "body": end, "more_body": False})


def line(event: BaseModel | dict[str, Any]) -> bytes:
    return (
        b"data: "
        + (event.model_dump_json() if isinstance(event, BaseModel) else to_json(event)).encode()
        + b"\n\n"
    )
