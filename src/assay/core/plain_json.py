"""Plain JSON: its canonical text and hashes, and files of it read back. `store` has these names
too."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assay.core.errors import Damaged


def digest(value: Any) -> str:
    """sha256 of bytes, or of any plain JSON value in its canonical form."""
    if not isinstance(value, bytes):
        value = to_json(value, sort_keys=True).encode()
    return hashlib.sha256(value).hexdigest()


def chunks_digest(chunks: Iterable[bytes | memoryview]) -> str:
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_json(value: Any, **options: Any) -> str:
    """JSON that every reader accepts. NaN and infinity are refused: callers turn them into null and
    a reason."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, **options)


def read_json(path: Path) -> Any:
    """Raises Damaged (R173, a ValueError too): it is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise Damaged(str(path)) from error


def read_lines(path: Path) -> Iterator[Any]:
    """The JSON lines of a file that this module wrote. A torn last line is left out.

    Raises:
        Damaged: R173 (a ValueError too), a line is no JSON.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise Damaged(f"{path}:{number}") from error
                yield row
