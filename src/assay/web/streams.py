"""Answers that go out piece by piece, and what their clients held once they have left.

Lock     what a thread locks it releases itself: it works on without waiting for the client, and is
         stopped at its next piece where nobody reads any more
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assay.deployment.server.stream import Gone, while_there

T = TypeVar("T")
READS = 60.0  # seconds that a client may take to read a piece
WRITES = 600.0  # seconds until all pieces of a thread must be there


class Streamed(Response):
    """Pieces as they come. The generator is closed however the response ends."""

    def __init__(
        self, pieces: AsyncGenerator[str], media_type: str, headers: Mapping[str, str] | None = None
    ):
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            with suppress(Gone, TimeoutError):
                await while_there(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for piece in self._pieces:
            async with asyncio.timeout(READS):
                await send(
                    {"type": "http.response.body", "body": piece.encode(), "more_body": True}
                )
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def pieces_of(work: Callable[[Callable[[T], None]], object]) -> AsyncGenerator[T]:
    """What `work` says on a thread, piece by piece; what it raises is raised.

    Args:
        work: is given the function that says a piece. That raises Gone once the generator is
            closed, and HTTPException, 504, after WRITES seconds.
    """
    said: asyncio.Queue[T | None] = asyncio.Queue()
    loop, left, until = asyncio.get_running_loop(), threading.Event(), time.monotonic() + WRITES

    def say(piece: T | None) -> None:
        if left.is_set():
            raise Gone
        if time.monotonic() > until:
            raise HTTPException(504, f"The answer was not whole after {WRITES:g} seconds.")
        loop.call_soon_threadsafe(said.put_nowait, piece)

    def run() -> None:
        try:
            work(say)
        finally:
            with suppress(RuntimeError):  # the loop has ended: the process is stopping
                loop.call_soon_threadsafe(said.put_nowait, None)

    working = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        while (piece := await said.get()) is not None:
            yield piece
        await working
    finally:
        left.set()
        working.add_done_callback(lambda done: done.cancelled() or done.exception())
