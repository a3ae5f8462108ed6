"""JSON over HTTP to a server that is asked for one thing at a time, and answers whole or by
server-sent events.

Connection  one a request, without a proxy: nothing is sent over one that the server has closed
            meanwhile, and the other answers stay when one is cut
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

WAIT = 600.0  # seconds without a byte of an answer


class JsonClient:
    """Asks servers, from several threads at a time."""

    def __init__(self) -> None:
        import httpx2

        self._http = httpx2.Client(
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    @contextmanager
    def send(
        self,
        url: str,
        body: dict[str, Any],
        key: str = "",
        *,
        wait: float = WAIT,
        hold: Callable[[Callable[[], None]], object] = lambda cut: None,
    ) -> Generator[httpx2.Response]:
        """The response, whatever its status, to be read inside the block.

        Args:
            wait: seconds without a byte. hold: gets what cuts the connection, which another thread
                may call: a server stops writing then.

        Raises:
            OSError: there is no connection, or it breaks.
        """
        import httpx2

        def trace(event: str, told: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                line: socket.socket = told["return_value"].get_extra_info("socket")
                hold(lambda: _cut(line))

        head = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        head |= {"Authorization": f"Bearer {key}"} if key else {}
        sent = {"content": json.dumps(body).encode(), "headers": head, "timeout": wait}
        try:
            with self._http.stream("POST", url, **sent, extensions={"trace": trace}) as response:
                yield response
        except httpx2.TimeoutException as error:
            raise TimeoutError(f"no answer within {wait:.0f} s") from error
        except httpx2.TransportError as error:
            raise ConnectionError(str(error) or type(error).__name__) from error


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # it is over already
        line.shutdown(socket.SHUT_RDWR)


def split_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of an answer, without their ends. Only a line feed ends one: JSON may hold every
    other character that Python takes for an end."""
    held = b""
    for part in parts:
        *lines, held = (held + part).split(b"\n") if b"\n" in part else (held + part,)
        yield from (line.removesuffix(b"\r") for line in lines)
    if held:
        yield held


def event_data(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What each event of a stream says, until it says that it is done."""
    for line in split_lines(parts):
        if line.startswith(b"data:"):
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            yield data
