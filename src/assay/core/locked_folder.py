"""Temporary folders that a killed process does not leave for ever: each is held by a lock, which
the system gives back when its processes have ended, and the next one removes those without a
holder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = "held"


@contextmanager
def locked_folder(prefix: str) -> Generator[Path]:
    """A folder of the system's place for temporary ones, for the time of the block."""
    remove_stale(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    handle = os.open(folder / f"{LOCK}.new", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(handle)
        # Under its name only once it is held: one that is being made is not taken for a stale one.
        (folder / f"{LOCK}.new").rename(folder / LOCK)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(prefix: str) -> None:
    """Remove this user's folders of the prefix that nobody holds."""
    for mark in Path(tempfile.gettempdir()).glob(f"{prefix}*/{LOCK}"):
        with suppress(OSError):
            handle = os.open(mark, os.O_RDWR)
            try:
                _lock(handle)
                shutil.rmtree(mark.parent, ignore_errors=True)
            finally:
                os.close(handle)


def _lock(handle: int) -> None:
    """Raises OSError: another process holds it."""
    if sys.platform == "win32":
        return
    import fcntl

    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
