"""Messages between a fork server and who asks it for workers: JSON with its length before it, and
open files."""

from __future__ import annotations

import array
import json
import socket
from typing import Any

LENGTH = 8  # bytes of a message that say how long the rest is
STREAMS = 3  # stdin, stdout, stderr


def receive(connection: socket.socket) -> tuple[Any, list[int]]:
    """One message of `send` with the files in it; None when the other side has closed."""
    head, files = b"", []
    while len(head) < LENGTH:
        part, found, _, _ = socket.recv_fds(connection, LENGTH - len(head), STREAMS)
        files += found
        if not part:
            return None, files
        head += part
    left, parts = int.from_bytes(head, "big"), []
    while left:
        part = connection.recv(min(left, 1 << 16))
        if not part:
            return None, files
        parts.append(part)
        left -= len(part)
    return json.loads(b"".join(parts)), files


def send(connection: socket.socket, message: Any, *files: int) -> None:
    """A JSON value with open files; nothing where the other side has left."""
    text = json.dumps(message).encode()
    try:
        ancillary = (
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        )
        connection.sendmsg([len(text).to_bytes(LENGTH, "big")], ancillary)
        connection.sendall(text)
    except OSError:
        return
