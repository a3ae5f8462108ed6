"""Requests whose client leaves: the bytes are sent up to a moment that is drawn, or some bytes of
the answer are read, and the connection is closed or reset."""

import random
import socket
import struct
from collections.abc import Mapping

CLIENT = 120  # seconds against a test that hangs


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    sized = {**headers, **({"Content-Length": str(len(body))} if method == "POST" else {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sized.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def abort(port: int, sent: bytes, draw: random.Random) -> None:
    """Send one request and leave: in its midst, once it is sent, or in the midst of its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=CLIENT) as line:
        if draw.random() < 0.3:  # a reset, as of a process that is killed
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        moment = draw.choice(["sending", "sent", "reading", "reading"])
        line.sendall(sent[: draw.randrange(len(sent))] if moment == "sending" else sent)
        if moment == "reading":
            line.recv(draw.choice([1, 20, 200, 2000]))
