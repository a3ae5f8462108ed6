"""A worker that a fork server has started, with what is used of `subprocess.Popen`."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
from contextlib import suppress
from typing import IO

from assay.runtime.arms.fork_messages import receive


class ForkedProcess:
    """A worker of a fork server, with what is used of `subprocess.Popen` here.

    Attributes:
        pid: its id. stdin, stdout: pipes, where asked for. returncode: None while it runs; minus
            the signal that killed it, which is SIGKILL where its server was killed.
    """

    def __init__(
        self,
        connection: socket.socket,
        pid: int,
        watch: int,
        stdin: IO[str] | None,
        stdout: IO[str],
    ):
        self._connection = connection
        # a descriptor of the process: unlike an id, it never comes to mean another one
        self._watch = watch
        self.pid = pid
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            message = None  # where the server was killed
            with suppress(ConnectionError):
                message, _ = receive(self._connection)
            self._connection.close()
            self.returncode = int(message["code"]) if message else -signal.SIGKILL
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._watch, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._watch)
