"""How a contender takes turns with its parent: it loads, warms up, says that it is ready, and then
waits for each "go".

Runs in a peer's interpreter too: the standard library only. Whatever the libraries print goes to
stderr.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

MUCH = 3 << 30  # bytes


@dataclass
class Turns:
    """The contender's end of the two pipes."""

    job: dict[str, Any]
    out: TextIO
    began: float = 0.0
    said: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls) -> Turns:
        """Read the job named on the command line; from here on stdout is for JSON lines alone."""
        out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        return cls(json.loads(Path(sys.argv[1]).read_text()), out)

    def say(self, **values: Any) -> None:
        print(json.dumps({**values, "peak_bytes": peak_bytes()}), file=self.out, flush=True)

    def wait(self) -> bool:
        """Wait for the next "go"; False when there is none."""
        give_back()
        line = sys.stdin.readline().strip()
        self.began = time.perf_counter()
        return line == "go"

    def keep(self, vectors: Any) -> None:
        """Add rows of an array, in float32, to the file that the job names; their width stands
        beside it."""
        file = Path(self.job["vectors"])
        with file.open("ab") as out:
            out.write(vectors.astype("<f4").tobytes())
        file.with_suffix(".width").write_text(str(vectors.shape[1]))

    @property
    def seconds(self) -> float:
        """Since the last "go"."""
        return time.perf_counter() - self.began


class Done(Exception):
    """The parent wants no further rounds."""


@contextmanager
def until_done() -> Iterator[None]:
    with suppress(Done):
        yield


def give_back() -> None:
    """A process that holds much gives back what it does not use, or contenders that wait would fill
    the memory. One that holds little keeps it: asking for it anew would cost its next round a few
    percent."""
    if (
        sys.platform == "linux"
        and int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() > MUCH
    ):
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)


def peak_bytes() -> int:
    """The most memory this process has had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
