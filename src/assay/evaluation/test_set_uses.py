"""The book of looks at test rows, `exam.jsonl`: a chain of lines, with a copy, so that no look is
lost without a word.

A line    {"exam", "by", "opened", "before", "sha256"}: `before` is the hash of all bytes above the
          line, the last that of the line itself. Lines of older versions have neither; they may
          stand at the beginning
The copy  work/exam.jsonl. What it has and the book lacks comes back; that the book was deleted, cut
          or edited stands in it from then on as a line {"changed", "at", ...}, and in every report
          (D170)
Shared    project files in one folder have one book and a copy each: a copy need not have all looks
Watch out whoever deletes book and copy, or rewrites both with hashes that fit, is not found out
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.core import checksummed_lines, store
from assay.core.corrupt_files import Tell, silent, tell_damage

BOOK = "exam.jsonl"
Row = dict[str, Any]


def places(book: Path, work: Path) -> dict[str, Path]:
    """Of a project: the book of its folder, and its own copy."""
    return {"book": book, "copy": work / BOOK}


def record_look(
    book: Path, exam: str, by: str, copy: Path | None = None, tell: Tell = silent
) -> int:
    """Note a look at the rows `exam`, unless it stands there; how many looks at them there are up
    to this one.

    Args:
        copy: see above. tell: hears of a damaged copy.
    """
    place = 0

    def change(data: bytes) -> bytes:
        nonlocal place
        for path in (book, copy) if copy else (book,):
            store.drop_leftovers(path.parent, path.name)
        data = data[: data.rfind(b"\n") + 1]  # half a line is none
        rows, wrong = _read(data)
        held, damaged = _read(copy.read_bytes()) if copy and copy.exists() else ([], False)
        if damaged and copy:
            tell_damage(tell, copy, "it is written again from the book")
        lost = [row for row in held if _name(row) not in set(map(_name, rows))]
        if lost or wrong:
            said = (
                f"{'edited' if data and wrong else 'cut' if data else 'deleted'}; {len(lost)}"
                " lines came back"
            )
            known = set(map(_name, held))
            rows = [*held, *(row for row in rows if _name(row) not in known)]
            rows.append({"changed": said, "at": f"{datetime.now(UTC):%Y-%m-%d}"})
            data = _chain_rows(b"", rows)
        looks = [row["by"] for row in rows if row.get("exam") == exam]
        if by not in looks:
            looks.append(by)
            data = _chain_rows(data, [{"exam": exam, "by": by, "opened": len(looks)}])
        place = looks.index(by) + 1
        return data

    store.rewrite(book, change)
    if copy and (not copy.exists() or copy.read_bytes() != book.read_bytes()):
        store.write_bytes(copy, book.read_bytes())
    return place


def changes(book: Path) -> list[dict[str, Any]]:
    """The warning D170 for each time that the book was found deleted, cut or edited."""
    rows = _read(book.read_bytes())[0] if book.exists() else []
    texts = [
        f"{book.name} was {row['changed']} (found on {row['at']})"
        for row in rows
        if "changed" in row
    ]
    return [{"code": "D170", "count": 1, "text": text} for text in texts]


def _read(data: bytes) -> tuple[list[Row], bool]:
    """The lines that can be taken at their word, and whether any line is not as it was written."""
    rows, wrong, chained = [], False, False
    above = hashlib.sha256()
    for line in data.splitlines(keepends=True):
        try:
            row = checksummed_lines.unseal_line(line)
            wrong |= (
                row is None
                or row.pop("before", "") != above.hexdigest()[: checksummed_lines.LENGTH]
            )
            chained = True
        except checksummed_lines.Unsealed:
            row = json.loads(line)
            wrong |= chained
        if isinstance(row, dict) and ({"exam", "by"} <= set(row) or {"changed", "at"} <= set(row)):
            rows.append(row)
        else:
            wrong = True
        above.update(line)
    return rows, wrong


def _name(row: Row) -> tuple[str, str]:
    return (
        (str(row["exam"]), str(row["by"]))
        if "exam" in row
        else (str(row["changed"]), str(row["at"]))
    )


def _chain_rows(data: bytes, rows: Sequence[Row]) -> bytes:
    """The data with the rows added, each with the hash of what stands above it."""
    for row in rows:
        own = {key: value for key, value in row.items() if key != "before"}
        own["before"] = store.digest(data)[: checksummed_lines.LENGTH]
        data += (store.to_json(checksummed_lines.seal(own)) + "\n").encode()
    return data
