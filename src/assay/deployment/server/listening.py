"""The socket: uvicorn with limits, and a stop that lets answers end.

Stop     The first SIGTERM or SIGINT: /ready says 503 and no new question is taken, but the socket
         stays open, so that what watches over the process sees it. What runs has `grace` seconds.
         The second signal ends at once.
Slow     Headers must be there after `slow` seconds, counted from the first byte or from the
         connection; uvicorn itself waits for ever.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from assay.core.errors import Problem, ResourceError, end_soon
from assay.deployment.server.admission import InFlightRequests
from assay.deployment.server.limits import ServerLimits

KEPT = 30  # seconds that an idle connection is kept
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def bind_socket(host: str, port: int) -> socket.socket:
    """A socket that listens nowhere else. Port 0: any that is free.

    Raises:
        ResourceError: R055, the address is taken, or not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError as error:
        found.close()
        text = f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}"
        raise ResourceError(
            Problem("R055", text, "--port", "choose another --port, or 0 for a free one")
        ) from error
    return found


def _protocol_with_timeout(slow: float) -> type[H11Protocol]:
    """uvicorn's protocol with a time-out of the headers."""

    class Timed(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._waiting = self.loop.call_later(slow, self._too_slow)

        def data_received(self, data: bytes) -> None:
            if self._waiting is None and self.conn.their_state is h11.IDLE:
                self._waiting = self.loop.call_later(slow, self._too_slow)
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._rest()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._rest()  # an idle connection has uvicorn's own time-out

        def _rest(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _too_slow(self) -> None:
            self._waiting = None
            if not self.transport.is_closing():
                self.transport.close()

    return Timed


class Listening(uvicorn.Server):
    """Args:
    inside: who is being answered. grace: seconds that running answers have once the server was
    asked to stop.
    """

    def __init__(
        self,
        app: FastAPI,
        limits: ServerLimits,
        inside: InFlightRequests,
        grace: float,
        ready: Callable[[], None],
    ):
        super().__init__(
            uvicorn.Config(
                app,
                http=_protocol_with_timeout(limits.slow),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=limits.connections,
                timeout_keep_alive=KEPT,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=limits.headers,
                backlog=limits.connections,
            )
        )
        self._inside = inside
        self._grace = grace
        self._ready = ready
        self._until = float("inf")

    async def main_loop(self) -> None:
        self._ready()
        await super().main_loop()

    def stop(self) -> None:
        """Let nobody in any more, and end when those inside have their answers. A second call ends
        at once."""
        if self._inside.draining:
            self._until, self.force_exit = 0.0, True
        else:
            self._inside.draining = True
            self._until = time.monotonic() + self._grace

    async def on_tick(self, counter: int) -> bool:
        if self._inside.draining and (not self._inside.count or time.monotonic() >= self._until):
            self._inside.hurry()
            return True
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """As uvicorn's, but the first signal drains, and a stop that was asked for is no
        failure."""
        if threading.current_thread() is not threading.main_thread():
            yield  # Python hands signals to the main thread only
            return

        def stop_on_signal(number: int, frame: Any) -> None:
            # a model may be in the middle of a long prompt: it is not waited for
            if self._inside.draining:
                end_soon(number)
            self.stop()

        before = {number: signal.signal(number, stop_on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listen(
    app: FastAPI,
    found: socket.socket,
    limits: ServerLimits,
    inside: InFlightRequests,
    grace: float,
    ready: Callable[[], Any],
) -> Listening:
    """Answer on this socket until the process is asked to stop. `ready` is called once it
    listens."""
    server = Listening(app, limits, inside, grace, ready)
    server.run(sockets=[found])
    return server
