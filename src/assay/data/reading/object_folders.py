"""Folders whose files are one JSON object each: `train/middle/75.txt`, `train/high/12.txt`.

What it is for   each file is a row, as in RACE: an article with its questions, options and answers;
                 below `train` and `test` or not, in folders of any names
Watch out        files of the data forms (`.json`, `.jsonl`, ...) in the folder itself are read as
                 such, unless each is a text with the questions about it
Source           Lai et al. (2017), RACE, arxiv.org/abs/1704.04683
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from assay.core.project_paths import PROJECT
from assay.data.reading.archive import ABOUT
from assay.data.reading.class_folders import LARGEST, MOST
from assay.data.reading.compression import bare
from assay.data.reading.findings import Findings, excerpt, printable
from assay.data.reading.keyed_json import is_passage
from assay.data.reading.source import open_input
from assay.data.reading.split_names import SPLIT_NAMES
from assay.data.reading.strict_json import Broken, Strict
from assay.data.reading.text_encoding import lines

LEAST = 3  # files
DEEPEST = 3  # folders in one another
_SUFFIXES = (".txt", ".text", ".json", "")


def object_folders(folder: Path) -> dict[str, list[Path]]:
    """{split: folders of objects} in a folder; "data" where they are not split, {} where there are
    none."""
    found = {
        split: [inside]
        for inside in sorted(path for path in folder.iterdir() if path.is_dir())
        if (split := SPLIT_NAMES.get(inside.name.casefold(), "")) and holds_objects(inside)
    }
    if "train" in found:
        return found
    return {"data": [folder]} if holds_objects(folder) else {}


def holds_objects(folder: Path) -> bool:
    """Is each file in the folder, and in those in it, such a text, and are the first ones objects
    of the same fields? A folder of other files is left at the first of them."""
    count, fields = 0, ()
    for path in _files(folder):
        if Path(bare(path.name)).suffix not in _SUFFIXES or count == MOST:
            return False
        if count < LEAST:
            there = tuple(sorted(_object(path)))
            if not there or (count and there != fields):
                return False
            fields = there
        count += 1
    return count >= LEAST


def holds_passages(folder: Path) -> bool:
    """Is each file a text with the questions about it? Their files are rows of one table: what the
    questions of one text share is seen there alone."""
    first = next(_files(folder), None)
    return first is not None and is_passage(_object(first)) and holds_objects(folder)


def read_objects(
    folder: Path, found: Findings, head: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """The objects as rows, numbered in the order of their files, with the file's name as `file`."""
    made: list[tuple[int, dict[str, Any]]] = []
    for number, path in enumerate(islice(_files(folder), head), 1):
        name = path.relative_to(folder).as_posix()
        inside = Findings(f"{found.place}/{printable(name)}")
        with open_input(path, inside.place) as source:
            text = "".join(line for _, line in lines(source, inside, whole=True)).strip()
        try:
            value, end = Strict(inside).value(text, 0, 1)
            if end < len(text) or not isinstance(value, dict):
                raise Broken("D025", "is no single object, as the other files are", 0)
        except Broken as broken:
            found.problem(
                broken.code,
                f"'{printable(name)}': {broken.text}",
                number,
                help=broken.help,
                excerpt=excerpt(text, broken.at),
            )
            continue
        found.problems += inside.problems
        made.append((number, {**value, "file": name}))
    found.note(f"{found.place}: read as a folder of files that are one object each")
    return made


def _files(folder: Path, deep: int = 0) -> Iterator[Path]:
    """The files of the folder and of those in it, but for what tells about them."""
    inside = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    about = (path.name == PROJECT or ABOUT.fullmatch(path.name) for path in inside)
    yield from (path for path, no in zip(inside, about, strict=True) if path.is_file() and not no)
    for path in inside if deep < DEEPEST else ():
        # the project that was made for this very folder may stand in it
        if path.is_dir() and not path.is_symlink() and not (path / PROJECT).is_file():
            yield from _files(path, deep + 1)


def _object(path: Path) -> dict[str, Any]:
    """The object that a file is; {} of any other."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(LARGEST)) if file.peek(1)[:1] == b"{" else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return value
