"""Folders in which several files of one name make a row: `12.txt` and `12.key`, or `Articles/12.txt`
and `Summaries/12.txt`.

What it is for   texts with their summary, keywords, translation or label in a file beside each;
                 below `train` and `test` or not
Which columns    what the names differ by, the suffix or the folder; folders are columns where their
                 names say question and answer, or texts of one name share their words: `pos/1.txt`
                 and `neg/1.txt` share none
Watch out        names that are not in every column are left out and counted (D206)
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from assay.data.reading.class_folders import files_in, note_western, split_folders, text_in
from assay.data.reading.compression import bare
from assay.data.reading.findings import Findings, rows
from assay.data.reading.parallel_text import is_answered, is_asked
from assay.tasks.text_overlap import word_containment

LEAST = 3  # rows
SHARED = 0.9  # of the names of the smaller column
MOST = 6  # columns
LOOKED_AT = 30  # rows
_NO_TEXTS = set("pdf docx doc py sh png jpg gif zip gz tar csv tsv parquet xlsx ann a1 a2".split())
_OVERLAP = 0.4  # of the words of the shorter text that the longer has, and not another row's
_FEW = 6  # words a line, of a list of keywords

Columns = dict[str, dict[str, Path]]


def paired_folders(folder: Path) -> dict[str, list[Path]]:
    """{split: folders of such files} in a folder; {} where there are none."""
    return split_folders(folder, lambda inside, whole: bool(columns_in(inside, LEAST if whole else 1)))


def columns_in(folder: Path, least: int = LEAST) -> Columns:
    """{column: {name: file}} of a folder; {} of any other."""
    every = files_in(folder)
    by_suffix: Columns = {}
    by_folder: Columns = {}
    for names, path in every:
        stem, _, suffix = bare(path.name).rpartition(".")
        suffix = suffix.casefold()
        key = "/".join([*names, stem])
        by_suffix.setdefault(suffix if stem and not suffix.isdigit() else "", {})[key] = path
        if names:
            by_folder.setdefault(names[0], {})["/".join([*names[1:], stem or suffix])] = path
    if _are_columns(by_suffix, least) and not _NO_TEXTS & set(by_suffix) and "" not in by_suffix:
        return by_suffix
    told = sum(map(len, by_folder.values())) >= SHARED * len(every)
    texts = all(bare(path.name).rpartition(".")[2] not in _NO_TEXTS for _, path in every)
    if told and texts and _are_columns(by_folder, least) and _belong(by_folder):
        return by_folder
    return {}


def _are_columns(columns: Columns, least: int) -> bool:
    """Have several columns the same names?"""
    sizes = [len(some) for some in columns.values()]
    if not 1 < len(columns) <= MOST:
        return False
    shared = len(set.intersection(*map(set, columns.values())))
    return shared >= max(least, SHARED * min(sizes)) and min(sizes) >= 0.5 * max(sizes)


def _belong(columns: Columns) -> bool:
    """Do texts of one name in several folders belong together?"""
    words = [set(re.split(r"[^a-z]+", name.casefold())) for name in columns]
    if any(map(is_asked, words)) and any(map(is_answered, words)):
        return True
    first, second = [*columns.values()][:2]
    shared = sorted(first.keys() & second.keys())[:LOOKED_AT]
    pairs = [(_start(first[name]), _start(second[name])) for name in shared]
    pairs = [(a, b) if len(a) < len(b) else (b, a) for a, b in pairs]
    others = [(a, b) for (a, _), (_, b) in zip(pairs, pairs[1:] + pairs[:1], strict=True)]
    return word_containment(pairs) >= max(_OVERLAP, 0.15 + word_containment(others))


def _start(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(1 << 16).decode("utf-8", "replace")


def read_paired(
    folder: Path, found: Findings, head: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """The rows of such a folder, in the order of the names."""
    columns = columns_in(folder, 1)
    shared = sorted(set.intersection(*map(set, columns.values())))
    western = 0
    texts: dict[str, list[Any]] = {}
    for name, files in columns.items():
        column = "text" if name in ("txt", "text") else re.sub(r"(?<=\w{3})(ies|s)$", _one, name)
        for line, key in enumerate(islice(shared, head), 1):
            text, foreign = text_in(files[key], found, line)
            western += foreign
            texts.setdefault(column, []).append(text.strip())
        texts[column] = _opened(texts[column])
    made = [
        (at, {**dict(zip(texts, one, strict=True)), "file": key})
        for at, (key, *one) in enumerate(zip(shared, *texts.values(), strict=False), 1)
    ]
    found.roles |= _roles(texts)
    told = ", ".join(f"'{name}'" for name in texts)
    found.note(f"{found.place}: read as files of one name, each a row, with the fields {told}")
    if left := len(set().union(*columns.values())) - len(shared):
        found.note(f"D206 {found.place}: {rows(left)} without a file in every column were left out")
    note_western(western, found)
    return made


def _one(ending: re.Match[str]) -> str:
    return "y" if ending[0] == "ies" else ""


def _opened(values: Sequence[str]) -> list[Any]:
    """The texts of a column; as objects, or lists of short lines, where they all are."""
    try:
        made = [json.loads(one) for one in values if one[:1] in ("{", "[")]
    except (ValueError, RecursionError):
        made = []
    if values and len(made) == len(values):
        return made
    lines = [[part.strip() for part in one.splitlines() if part.strip()] for one in values]
    count = max(1, sum(map(len, lines)))
    words = sum(len(part.split()) for some in lines for part in some) / count
    return [*lines] if words <= _FEW and count >= 2 * len(values) else [*values]


def _roles(texts: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Which column is asked, and which one answers, where two are texts."""
    plain = [name for name, some in texts.items() if all(isinstance(one, str) for one in some)]
    if len(plain) != 2 or len(texts) != 2:
        return {}
    sizes = {name: sum(map(len, texts[name])) for name in plain}
    asked = next((name for name in plain if is_asked({name})), max(sizes, key=lambda n: sizes[n]))
    (other,) = set(plain) - {asked}
    values = texts[other]
    few = 1 < len(set(values)) <= max(2, len(values) // 3) and max(map(len, values)) <= 60
    return {"text": asked, "label" if few else "answer": other}
