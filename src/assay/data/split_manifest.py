"""A split as a file: which row stands where, by id, written once and used again, or made elsewhere.

Form        CSV with the fields `id`, `split` (train, val, test; none leaves a row out) and, if it
            is there, `text`: the first letters of a hash of the row's text, by which a row whose id
            now means another text is noticed; where the project anonymises, a keyed one (RFC 2104),
            which nobody without the key can compare with a guess
Official    its val and test rows are treated as those of given val and test files: audited as they
            came, never dropped
Watch out   without an id of their own, rows are named by file and line, so a file that is sorted
            anew no longer fits
"""

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from assay.core.errors import DataError, Problem
from assay.core.types import Example
from assay.data.reading.findings import display_path
from assay.data.reading.read_file import read
from assay.data.text_similarity import key_of

SPLITS = ("train", "val", "test")
NONE = "none"
KNOWN = (*SPLITS, NONE)
OTHER_NAMES = {"validation": "val", "valid": "val", "dev": "val", "": NONE}


class ManifestEntry(NamedTuple):
    split: str
    text: str  # "" where the file has no such field


def text_hash(example: Example, key: bytes = b"") -> str:
    """Twelve hex digits that stand for a row's text and passages, as they are compared. `key`: a
    secret."""
    text = "\t".join(key_of(example)).encode()
    found = hmac.new(key, text, hashlib.sha256) if key else hashlib.sha256(text)
    return found.hexdigest()[:12]


def format_manifest(
    rows: Iterable[Example], splits: Mapping[str, Sequence[Example]], key: bytes = b""
) -> str:
    """The file for rows as they were read, and the splits that they went to. `key`: of the hashes,
    see `text_hash`."""
    where = {example.id: name for name, examples in splits.items() for example in examples}
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("id", "split", "text"))
    table.writerows((row.id, where.get(row.id, NONE), text_hash(row, key)) for row in rows)
    return out.getvalue()


def read_manifest(path: Path, base: Path) -> dict[str, ManifestEntry]:
    """Row id -> its place.

    Raises:
        DataError: D094 a field is missing, a split is unknown, a row stands twice; and what reading
            may raise.
    """
    table = read(path, base=base)
    problems: list[Problem] = []
    if missing := [name for name in ("id", "split") if name not in table.names]:
        told = f"has no field '{missing[0]}'; there are: {', '.join(table.names[:12])}"
        problems.append(
            Problem(
                "D094", told, table.place, help="the fields are id, split and, if you like, text"
            )
        )
    places: dict[str, ManifestEntry] = {}
    for row in table.rows if not problems else ():
        id, name = (str(row.fields.get(field) or "").strip() for field in ("id", "split"))
        name = OTHER_NAMES.get(name.lower(), name.lower())
        if name not in KNOWN:
            problems.append(
                Problem("D094", f"there is no split '{name}'", row.source, help=", ".join(KNOWN))
            )
        elif places.get(id, (name,))[0] != name:
            told = f"row '{id}' stands in {places[id].split} and in {name}"
            problems.append(Problem("D094", told, row.source, help="keep one of the lines"))
        places[id] = ManifestEntry(name, str(row.fields.get("text") or "").strip())
    if problems:
        raise DataError(*problems[:20])
    return places


def split_by_manifest(
    rows: Sequence[Example],
    places: Mapping[str, ManifestEntry],
    path: Path,
    base: Path,
    key: bytes = b"",
) -> tuple[dict[str, list[Example]], list[Example]]:
    """Rows by split, and those that the file leaves out.

    Args:
        key: of the hashes in the file. One that was made before the project anonymised has plain
            ones.

    Raises:
        DataError: D094 rows that the file does not name, names that no row has, or a text that is
            another one now.
    """
    place, problems = display_path(path, base), []

    def refuse(names: Sequence[str], told: str, help: str) -> None:
        if names:
            more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            problems.append(Problem("D094", told.format(f"'{names[0]}'{more}"), place, help=help))

    there = {row.id for row in rows}
    refuse(
        [r.id for r in rows if r.id not in places],
        "rows that are not in it: {}",
        "add them, with `none` to leave out",
    )
    refuse(
        [name for name in places if name not in there],
        "names rows that the data do not have: {}",
        "remove them",
    )
    changed = [
        r.id
        for r in rows
        if r.id in places
        and places[r.id].text not in ("", text_hash(r, key), text_hash(r) if key else "")
    ]
    refuse(
        changed,
        "rows whose text is another one now: {}",
        "give rows an id (data.columns.id), and save the split anew",
    )
    if problems:
        raise DataError(*problems)
    parts = {name: [row for row in rows if places[row.id].split == name] for name in SPLITS}
    return parts, [row for row in rows if places[row.id].split == NONE]
