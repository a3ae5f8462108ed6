"""Signals that end a run: the state is saved, and the exit code says which one it was."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from assay.core.errors import Stopped, end_soon


@contextmanager
def interruptible() -> Generator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: state saved, exit code 128 + signal. The second
    signal ends it, be what it waits for as long as it may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    asked: list[int] = []

    def stop(number: int, frame: Any) -> None:
        if asked:
            end_soon(number)
        asked.append(number)
        raise Stopped(number)

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
