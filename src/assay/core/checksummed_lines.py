"""Lines that are kept to be read back, each with its own hash: a line that was changed is found,
left out and said.

Form     a JSON object a line; its last key `sha256` is the beginning of the hash of the others
For      what one process adds and another reads before the stage that it belongs to is finished, or
         beyond stages: answers, outcomes, what a service was paid for. The files of a finished
         stage are verified by `done.json`
Found    a flipped bit, a cut or edited line. Not a deliberate forgery: whoever can write the file
         can seal a line
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.corrupt_files import Tell, silent, tell_damage

SEAL = "sha256"
LENGTH = 16  # hexadecimal digits: one damaged line in 1.8e19 goes unseen
Row = dict[str, Any]


def seal(row: Mapping[str, Any]) -> Row:
    """The row with its hash."""
    return {**row, SEAL: store.digest(dict(row))[:LENGTH]}


def unseal_line(line: bytes) -> Row | None:
    """The row of a line without its hash, None where that does not fit.

    Raises:
        Unsealed: the line is JSON, and has no hash.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or SEAL not in row:
        raise Unsealed
    said = row.pop(SEAL)
    try:
        return row if said == store.digest(row)[:LENGTH] else None
    except ValueError:  # NaN, half a character: nothing that was written here
        return None


class Unsealed(Exception):
    """A line without a hash: of an older version of assay, or no line of ours."""


def add(path: Path, *rows: Mapping[str, Any], mode: int = 0o644) -> None:
    """`store.append` of sealed rows."""
    store.append(path, *map(seal, rows), mode=mode)


def read(path: Path, tell: Tell = silent) -> list[Row]:
    """The rows whose hash is right. Others are cut out of the file, which is said; so they may be
    made again."""
    rows, wrong = _read(path)
    if wrong:
        _repair(
            path, wrong, tell, lambda data: b"".join(line for line in _whole(data) if _good(line))
        )
    return rows


def beginning(path: Path, tell: Tell = silent) -> list[Row]:
    """The rows before the first whose hash is wrong, of a file in which a row's place counts. What
    follows is cut off, which is said."""
    rows, wrong = _read(path)
    if not wrong:
        return rows
    kept = min(wrong) - 1
    _repair(path, wrong, tell, lambda data: b"".join(_whole(data)[:kept]))
    return rows[:kept]


def first_rows(path: Path) -> list[Row]:
    """The rows before the first that is torn or wrong, of a file that another process adds to:
    nothing is mended."""
    rows, wrong = _read(path)
    return rows[: min(wrong) - 1] if wrong else rows


def rows_without_seal(path: Path) -> Iterator[Any]:
    """The rows of a file that is verified otherwise: one of a finished stage, of this version or
    another."""
    for row in store.read_lines(path):
        yield (
            {key: value for key, value in row.items() if key != SEAL}
            if isinstance(row, dict)
            else row
        )


def write(path: Path, row: Mapping[str, Any]) -> None:
    """A file of one sealed row."""
    store.write_text(path, store.to_json(seal(row)) + "\n")


def one(path: Path, tell: Tell = silent) -> Row | None:
    """The row of a file that `write` has written; None where there is none, or where it was
    changed, which is said."""
    rows = read(path, tell)
    return rows[0] if len(rows) == 1 else None


def _read(path: Path) -> tuple[list[Row], dict[int, str]]:
    """The rows that are right, and the numbers of the other lines with the code of what is
    wrong."""
    if not path.exists():
        return [], {}
    rows, wrong = [], {}
    for number, line in enumerate(_lines(path.read_bytes()), 1):
        try:
            row = unseal_line(line) if line.endswith(b"\n") else None
            code = "R170" if line.endswith(b"\n") else "R172"
        except Unsealed:
            row, code = None, "R171"
        if row is None:
            wrong[number] = code
        else:
            rows.append(row)
    return rows, wrong


def _good(line: bytes) -> bool:
    try:
        return unseal_line(line) is not None
    except Unsealed:
        return False


def _lines(data: bytes) -> list[bytes]:
    """With their ends; the last has none where it is cut off."""
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])


def _whole(data: bytes) -> list[bytes]:
    return [line for line in _lines(data) if line.endswith(b"\n")]


def _repair(
    path: Path, wrong: Mapping[int, str], tell: Tell, change: Callable[[bytes], bytes]
) -> None:
    store.rewrite(path, change)
    first = min(wrong)
    more = f" (and {len(wrong) - 1:,} more lines)" if len(wrong) > 1 else ""
    tell_damage(
        tell, f"{path}:{first}{more}", "what it held is made again where it is needed", wrong[first]
    )
