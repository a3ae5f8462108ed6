"""What is done of a pass, on disk: a run that is killed goes on from here.

How       `pass-<number>.part`, JSON lines: first what the pass is, then the fates of chunk after
          chunk; each chunk ends with a line that has the hash of its own lines. Chunks are added in
          order, so what is there is a beginning
Trusted   a chunk whose last line is there and whose hash is right; what comes after the last such
          chunk is cut off
Gone      when the stage is finished, as every `*.part` is
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.core import store
from assay.core.errors import DataError, UsageError
from assay.core.types import Example, RowStep, SetStep
from assay.data.parallel.outcomes import Fate, decode_line, encode_line, from_json, to_json

VERSION = 1  # raise it when the same lines mean something else


class PassCheckpoint:
    """One pass. `chunks` is how many of its chunks are on disk, known once `read_chunks` has been
    read to its end."""

    def __init__(
        self, path: Path, steps: Sequence[RowStep | SetStep], examples: Sequence[Example], size: int
    ):
        ids = hashlib.sha256()
        for example in examples:
            ids.update(f"{example.id}\n".encode("utf-8", "surrogatepass"))
        self.path = path
        self.chunks = 0
        self._about = {
            "version": VERSION,
            "steps": [
                {"kind": step.kind, "version": step.VERSION, **step.non_defaults()}
                for step in steps
            ],
            "rows": [len(examples), ids.hexdigest()],
            "chunk": size,
        }

    def read_chunks(self) -> Iterator[list[Fate]]:
        """The chunks that an earlier run finished. A file about another pass, or a torn end, is cut
        off."""
        if not self.path.exists():
            return
        good = 0
        for end, lines in self._whole():
            good = end
            if lines is not None:
                self.chunks += 1
                yield [from_json(decode_line(line)) for line in lines]
        store.cut(self.path, good)

    def _whole(self) -> Iterator[tuple[int, list[bytes] | None]]:
        """(bytes up to here, lines of the chunk) of each verified part; the first is what the pass
        is."""
        with self.path.open("rb") as file:
            head = file.readline()
            if head != encode_line(self._about):
                return
            at = len(head)
            yield at, None
            lines: list[bytes] = []
            for line in file:
                at += len(line)
                if not line.startswith(b"{"):
                    lines.append(line)
                    continue
                if line != self._end(self.chunks, lines):
                    return
                yield at, lines
                lines = []

    @staticmethod
    def _end(number: int, lines: Sequence[bytes]) -> bytes:
        return encode_line({"chunk": number, "sha256": hashlib.sha256(b"".join(lines)).hexdigest()})

    @contextmanager
    def growing(self) -> Generator[Callable[[Sequence[Fate]], None]]:
        """Yields the function that adds a chunk."""
        with store.growing(self.path) as write:
            if not self.path.stat().st_size:
                write(encode_line(self._about))

            def add(fates: Sequence[Fate]) -> None:
                lines = [encode_line(to_json(fate)) for fate in fates]
                write(b"".join([*lines, self._end(self.chunks, lines)]))
                self.chunks += 1

            yield add


@contextmanager
def forget_on_error(folder: Path) -> Generator[None]:
    """A stage that stops for a mistake in its data or settings leaves nothing of its passes: once
    that is mended it is another stage. One that was killed, interrupted or short of something goes
    on from them."""
    try:
        yield
    except (DataError, UsageError) as error:
        if error.problems[0].code not in ("D067", "D068"):
            for path in folder.glob("pass-*.part"):
                path.unlink(missing_ok=True)
        raise
