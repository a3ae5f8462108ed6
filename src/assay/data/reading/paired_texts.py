"""Folders in which several files of one name make a row: `12.txt` and `12.key`, or `News/12.txt`
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
from assay.data.reading.split_names import split_in
from assay.tasks.text_overlap import word_containment

LEAST = 3  # rows
SHARED = 0.9  # of the names of the smaller column
MOST = 6  # columns
LOOKED_AT = 30  # rows
_NO_TEXTS = set(
    "xml pdf docx doc py sh png jpg gif zip gz tar csv tsv parquet xlsx ann a1 a2".split()
)
# Share of the words of the shorter text that the longer has, and how much more than another row's;
# names that are numbers alone may be the same by chance.
_OVERLAP, _COUNTED = (0.4, 0.15), (0.6, 0.3)
_WORDS = 8  # of the shorter text, on average
_NAMED = 0.3  # share of the keywords that their text has
_FEW = 6  # words a line, of a list of keywords

Columns = dict[str, dict[str, Path]]


def paired_folders(folder: Path) -> dict[str, list[Path]]:
    """{split: folders of such files} in a folder; {} where there are none."""
    return split_folders(
        folder, lambda inside, whole: bool(columns_in(inside, LEAST if whole else 1))
    )


def texts_with_objects(folder: Path) -> dict[str, list[Path]]:
    """The same for texts with a JSON file beside each."""
    suffixes = {path.suffix for path in islice(folder.iterdir(), 2 * LEAST)}
    return paired_folders(folder) if {".json"} < suffixes <= {".json", ".txt", ".text"} else {}


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
    plain = not _NO_TEXTS & set(by_suffix) and "" not in by_suffix
    if plain and _are_columns(by_suffix, least) and not _line_by_line(by_suffix):
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


def _line_by_line(columns: Columns) -> bool:
    """Are these few files with as many lines each: `train.src` and `train.tgt`?"""
    shared = sorted(set.intersection(*map(set, columns.values())))
    if any(split_in(name.rpartition("/")[2]) for name in shared):
        return True
    first = [[_start(files[name]).count("\n") for files in columns.values()] for name in shared[:5]]
    return all(len(set(counts)) == 1 and counts[0] > LEAST for counts in first)


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
    if sum(len(short.split()) for short, _ in pairs) < _WORDS * len(pairs):
        return False
    least, more = _COUNTED if all(name.isdigit() for name in shared) else _OVERLAP
    return word_containment(pairs) >= max(least, more + word_containment(others))


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
    texts = _with_keywords(texts)
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
    cut = [[p.strip() for p in re.split(r"[;\n]", one) if p.strip()] for one in values]
    cut = [[" ".join(part.split()) for part in some] for some in cut]
    count = max(1, sum(map(len, cut)))
    words = sum(len(part.split()) for some in cut for part in some) / count
    return [*cut] if words <= _FEW and count >= 2 * len(values) else [*values]


def _with_keywords(texts: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The columns; lists of short lines beside one text as the pieces of it that they name, or
    where the text has few of them, as one text."""
    plain = [name for name, some in texts.items() if all(isinstance(one, str) for one in some)]
    lists = [
        name for name, some in texts.items() if name not in plain and isinstance(some[0], list)
    ]
    if len(plain) != 1 or not lists or len(lists) + 1 < len(texts):
        return texts
    whole = [one.casefold() for one in texts[plain[0]]]
    pieces = [
        [{"text": part, "label": name} for name in lists for part in texts[name][at]]
        for at in range(len(whole))
    ]
    there = [
        one["text"].casefold() in text
        for text, some in zip(whole, pieces, strict=True)
        for one in some
    ]
    if sum(there) >= _NAMED * len(there):
        return {"text": texts[plain[0]], "entities": pieces}
    said = ["; ".join(one["text"] for one in some) for some in pieces]
    return {plain[0]: texts[plain[0]], lists[0]: said}


def _roles(texts: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """Which column is asked, and which one answers, where two are texts."""
    if set(texts) == {"text", "entities"}:
        return {"text": "text", "entities": "entities"}
    plain = [name for name, some in texts.items() if all(isinstance(one, str) for one in some)]
    if len(plain) != 2 or len(texts) != 2:
        return {}
    sizes = {name: sum(map(len, texts[name])) for name in plain}
    asked = next((name for name in plain if is_asked({name})), max(sizes, key=lambda n: sizes[n]))
    (other,) = set(plain) - {asked}
    values = texts[other]
    few = 1 < len(set(values)) <= max(2, len(values) // 3) and max(map(len, values)) <= 60
    return {"text": asked, "label" if few else "answer": other}
