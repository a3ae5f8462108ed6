"""Rows that name a file with their text: `labels.csv` with `review_12.txt, pos`, beside a folder of
those texts.

What it is for   essays, reviews and calls whose labels are in a table: `text` has what the file
                 says
Which field      one whose values each name a text file in the table's folder or below it, with or
                 without the suffix, nearly all of them; and no field is a text already
Watch out        rows whose file is not there are left out and counted (D206)
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from assay.data.reading.class_folders import LARGEST, files_in
from assay.data.reading.findings import printable, rows
from assay.data.reading.read_file import RawRow, RawTable
from assay.tasks.columns import as_text

TEXT = "text"
SHARED = 0.9  # share of the rows whose file is there
LOOKED_AT = 20  # rows
LEAST = 3  # files
NEAR = 30  # folders beside the table in which the first files are looked for
_SUFFIXES = (".txt", ".text", ".md", ".html", ".story", ".review")
LONGEST = 200  # bytes of a name: file systems take 255
_WORDS = 8  # of a text that a row has itself


def with_texts(table: RawTable, path: Path) -> RawTable:
    """The table with the texts that its rows name.

    Args:
        path: the table's file.
    """
    first = [raw.fields for raw in table.rows[:LOOKED_AT]]
    if len(first) < LEAST or TEXT in table.names or not path.is_file():
        return table
    values = {name: [as_text(row.get(name)).strip() for row in first] for name in table.names}
    if any(sum(len(one.split()) for one in some) >= _WORDS * len(some) for some in values.values()):
        return table
    around = [path.parent, *islice((p for p in path.parent.glob("*/") if p.name[0] != "."), NEAR)]
    named = [name for name, some in values.items() if _are_names(some) and _is_there(some, around)]
    there = _texts_near(path.parent) if named else {}
    for name in named:
        if sum(_key(one) in there for one in values[name]) >= SHARED * len(first):
            return _read(table, name, there)
    return table


def _are_names(values: Sequence[str]) -> bool:
    """Different values, each as short as a name of a file has to be, in bytes too."""
    short = all(0 < len(one.encode()) < LONGEST and one.isprintable() for one in values)
    return short and len(set(values)) == len(values)


def _is_there(values: Sequence[str], folders: Sequence[Path]) -> bool:
    """Is one of the first files there? All are only listed then."""
    keys = [_key(value).lstrip("/") for value in values[:LEAST]]
    keys += [key.rpartition("/")[2] for key in keys if "/" in key]
    return any(
        (folder / f"{key}{end}").is_file()
        for key in keys
        for folder in folders
        for end in _SUFFIXES
        if ".." not in key
    )


def _texts_near(folder: Path) -> dict[str, Path]:
    """{name without suffix: file} of the texts in a folder and below it; of one name in several
    folders none."""
    found: dict[str, list[Path]] = {}
    for names, path in files_in(folder):
        if path.suffix.lower() in _SUFFIXES and path.stat().st_size <= LARGEST:
            for start in range(len(names) + 1):
                found.setdefault("/".join([*names[start:], path.stem]), []).append(path)
    return {key: some[0] for key, some in found.items() if len(some) == 1}


def _key(value: str) -> str:
    plain = value.replace("\\", "/").removeprefix("./")
    return next((plain.removesuffix(end) for end in _SUFFIXES if plain.endswith(end)), plain)


def _read(table: RawTable, name: str, there: dict[str, Path]) -> RawTable:
    made = []
    for raw in table.rows:
        path = there.get(_key(as_text(raw.fields.get(name)).strip()))
        if path is not None:
            text = path.read_bytes().decode("utf-8-sig", "replace").strip()
            made.append(RawRow(raw.source, {TEXT: text, **raw.fields}))
    notes = [*table.notes, f"{table.place}: '{printable(name)}' names the file of each row's text"]
    if left := len(table.rows) - len(made):
        notes.append(f"D206 {table.place}: {rows(left)} whose file is not there were left out")
    return replace(table, rows=made, names=(TEXT, *table.names), notes=notes)
