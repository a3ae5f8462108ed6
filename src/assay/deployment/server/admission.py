"""The door: who comes in, how many at once, how large, how slow; and what each request came to.

What it is   ASGI middleware around the routes. It looks at headers before a byte of the body is
             read.
Order        draining, headers, Host, Origin, key, rate, places, size
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.deployment.server.errors import HttpRefusal, busy, stopping
from assay.deployment.server.limits import Keys, Rate, ServerLimits, host_of, same_origin

OPEN = ("/health", "/ready")  # asked by what watches over the process; they say nothing of anybody
ASKING = "/v1/"
# seconds, and times the largest body, that a refused client is still listened to
LINGER, LINGER_BODIES = 0.5, 8
CLOSE = {"Connection": "close"}  # what was not read of the body would be taken for the next request
SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
]


class InFlightRequests:
    """Requests under way. `draining`: no new ones are let in, and those inside are waited for."""

    def __init__(self) -> None:
        self.draining = False
        self.count = 0
        self.waits: set[asyncio.Timeout] = set()

    def hurry(self) -> None:
        """Whoever still waits for an answer is told that there will be none."""
        for wait in list(self.waits):
            with suppress(RuntimeError):  # its time is over already
                wait.reschedule(asyncio.get_running_loop().time())


class Door:
    """Args:
    places: how many requests may be inside at once. seen: told route, status and seconds of each
    request.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: ServerLimits,
        inside: InFlightRequests,
        places: Callable[[], int],
        seen: Callable[[str, int, float], None],
    ):
        self.app = app
        self.limits = limits
        self.inside = inside
        self.places = places
        self.seen = seen
        self.keys = Keys(limits.keys)
        self.rate = Rate(limits.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, asking = time.monotonic(), 0, scope["path"].startswith(ASKING)
        name = f"req-{uuid.uuid4().hex}".encode()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *SAFE, (b"x-request-id", name)]
            await send(message)

        self.inside.count += asking
        try:
            self._let_in(scope, asking)
            await self.app(scope, self._limit_body(scope, receive), sending)
        except HttpRefusal as refused:
            if not status:
                await self._hear_out(receive)
                response = refused.response
                response.headers.update(CLOSE)
                await response(scope, receive, sending)
        finally:
            self.inside.count -= asking
            path = getattr(scope.get("route"), "path", "other")
            self.seen(path, status, time.monotonic() - begun)

    async def _hear_out(self, receive: Receive) -> None:
        """Take in, and throw away, what the client is still sending, for a moment: a connection
        that is closed over unread bytes is reset, and the client may lose the answer that says why
        (RFC 9112, section 9.6)."""
        heard = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while heard < LINGER_BODIES * self.limits.body:
                    message: Any = await receive()
                    heard += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    def _let_in(self, scope: Scope, asking: bool) -> None:
        """Raises: Refused."""
        found: dict[bytes, list[bytes]] = {}
        for key, value in scope["headers"]:
            found.setdefault(key, []).append(value)
        line = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if line + sum(len(k) + len(v) + 4 for k, v in scope["headers"]) > self.limits.headers:
            raise HttpRefusal(
                431,
                f"the headers have more than {self.limits.headers:,} bytes",
                "headers_too_large",
            )
        self._same_place(found)
        if scope["path"] in OPEN:
            return
        caller = (scope.get("client") or ("nobody",))[0]
        if self.keys:
            given = found.get(b"authorization", [])
            known = self.keys.caller(given[0]) if len(given) == 1 else None
            if known is None:
                text = (
                    "a key is needed: send Authorization: Bearer KEY"
                    if not given
                    else "there is no such key"
                )
                raise HttpRefusal(
                    401, text, "invalid_api_key", headers={"WWW-Authenticate": "Bearer"}
                )
            caller = known
        if not asking:
            return
        if self.inside.draining:
            raise stopping()
        if wait := self.rate.wait(caller):
            raise busy(
                wait, f"more than {self.limits.rate:g} requests a minute; try again in {wait:.0f} s"
            )
        if self.inside.count > self.places():
            raise busy(1, "too many requests at once", "too_many_requests")
        length = found.get(b"content-length", [b"0"])[0]
        if length.isdigit() and int(length[:20]) > self.limits.body:
            raise self._too_large()

    def _same_place(self, found: dict[bytes, list[bytes]]) -> None:
        """Raises: Refused: 403, the request was meant for another server, or comes from a page of
        another."""
        hosts = [value.decode("latin-1") for value in found.get(b"host", [])]
        if len(hosts) > 1 or (
            self.limits.hosts and host_of(hosts[0] if hosts else "") not in self.limits.hosts
        ):
            raise HttpRefusal(
                403, "this server is not called by that name; see --allow-host", "forbidden_host"
            )
        origins = [value.decode("latin-1") for value in found.get(b"origin", [])]
        foreign = any(not same_origin(origin, hosts[0] if hosts else "") for origin in origins)
        if foreign or found.get(b"sec-fetch-site", [b""])[0] in (b"cross-site", b"same-site"):
            raise HttpRefusal(403, "pages of other origins get no answer", "forbidden_origin")

    def _limit_body(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` that stops a body which is too large, or too slow as a whole."""
        size, until, done = 0, time.monotonic() + self.limits.slow, False

        async def receive_limited() -> Message:
            nonlocal size, done
            if done:  # what comes now is that the client has gone, and that is waited for
                return await receive()
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    message: Any = await receive()
            except TimeoutError:
                text = f"the body was not there after {self.limits.slow:g} s"
                raise HttpRefusal(408, text, "slow_request", headers=CLOSE) from None
            size += len(message.get("body", b""))
            done = not message.get("more_body", False)
            if size > self.limits.body:
                raise self._too_large()
            return message

        return receive_limited

    def _too_large(self) -> HttpRefusal:
        return HttpRefusal(
            413,
            f"the body has more than {self.limits.body:,} bytes",
            "body_too_large",
            headers=CLOSE,
        )
