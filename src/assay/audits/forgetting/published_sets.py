"""Published sets as probes, each known by its files as they are published; anything else is read in
assay's own form.

wikitext     *.txt: articles in pieces                              text
lambada      lambada*.jsonl: passages in a field `text`             last word
piqa         *.jsonl with goal, sol1, sol2; *-labels.lst            choice of two
mmlu         *test*.csv with subject, question, choice0 ..., answer choice of four
bbh          *.json with examples of input and target               choice: options or targets
Watch out    A set that a program must answer in free text (sorting words) is left out. Every set
             has its licence
Source       Merity et al. (2017), arxiv.org/abs/1609.07843; Paperno et al. (2016),
             aclanthology.org/P16-1144; Bisk et al. (2020), arxiv.org/abs/1911.11641; Hendrycks et
             al. (2021), arxiv.org/abs/2009.03300; Suzgun et al. (2023), arxiv.org/abs/2210.09261
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.audits.forgetting.items import ProbeItem, bad, pieces, read, text_of
from assay.core.errors import DataError

FEW = 6  # different targets of a task, at most, for these to be its options
SHORTEST = 200  # characters of a paragraph that is read as a text
_OPTION = re.compile(r"^\(([A-Z])\)\s*(.+)$", re.M)


def items_of(place: Path, name: str) -> list[ProbeItem]:
    """The items of a file, or of all files of a folder that can be read; notes beside them are
    passed over.

    Args:
        name: of the place, in messages.

    Raises:
        DataError: D125, it is not there, a line is wrong, or nothing in it is a probe.
    """
    if not place.exists():
        raise DataError(bad(name, "there is no such file or folder"))
    files = (
        sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else [place]
    )
    found = [
        item
        for file in files
        for item in _file(file, file.name if file == place else f"{name}/{file.name}")
    ]
    if not found:
        raise DataError(bad(name, "holds no probe in a form that is known"))
    return found


def _file(file: Path, name: str) -> Sequence[ProbeItem]:
    if file.suffix == ".jsonl":
        first = next((line for line in text_of(file, name).splitlines() if line.strip()), "")
        if '"kind"' in first:
            return read(file, name)
        if '"sol1"' in first:
            return _read_guarded(_piqa, file, name)
        return (
            _read_guarded(_lambada, file, name)
            if file.stem.startswith("lambada")
            else read(file, name)
        )
    forms: dict[str, Callable[[Path, str], list[ProbeItem]]] = {
        ".csv": _mmlu,
        ".json": _bbh,
        ".txt": _wikitext,
    }
    if file.suffix not in forms or file.stem.upper() in ("SOURCE", "README", "LICENSE"):
        return []
    return _read_guarded(forms[file.suffix], file, name)


def _read_guarded(
    form: Callable[[Path, str], list[ProbeItem]], file: Path, name: str
) -> list[ProbeItem]:
    try:
        return form(file, name)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataError(
            bad(name, f"not in the form of the published set: {type(error).__name__}: {error}")
        ) from error


def _wikitext(file: Path, name: str) -> list[ProbeItem]:
    parts = [line.strip() for line in text_of(file, name).splitlines()]
    long = [part for part in parts if len(part) >= SHORTEST and not part.startswith("=")]
    return [
        ProbeItem(file.parent.name, "text", piece, source=file.name)
        for part in long
        for piece in pieces(part)
    ]


def _lambada(file: Path, name: str) -> list[ProbeItem]:
    lines = [
        json.loads(line)["text"].strip()
        for line in text_of(file, name).splitlines()
        if line.strip()
    ]
    sources = [f"{file.name}:{number}" for number in range(1, len(lines) + 1)]
    return [
        ProbeItem("lambada", "last_word", text, source=source)
        for text, source in zip(lines, sources, strict=True)
    ]


def _piqa(file: Path, name: str) -> list[ProbeItem]:
    labels = text_of(file.with_name(f"{file.stem}-labels.lst"), f"{name}, its labels").split()
    rows = [json.loads(line) for line in text_of(file, name).splitlines() if line.strip()]
    return [
        ProbeItem(
            "piqa",
            "choice",
            row["goal"],
            (row["sol1"], row["sol2"]),
            int(label),
            source=f"{file.name}:{number}",
        )
        for number, (row, label) in enumerate(zip(rows, labels, strict=True), start=1)
    ]


def _mmlu(file: Path, name: str) -> list[ProbeItem]:
    if "dev" in file.stem:  # five solved examples a subject, for prompts
        return []
    rows = csv.DictReader(io.StringIO(text_of(file, name)))
    return [
        ProbeItem(
            "mmlu",
            "choice",
            row["question"],
            tuple(row[f"choice{i}"] for i in range(4)),
            int(row["answer"]),
            source=f"{file.name}, row {number}, {row['subject']}",
        )
        for number, row in enumerate(rows, start=1)
    ]


def _bbh(file: Path, name: str) -> list[ProbeItem]:
    rows: list[dict[str, Any]] = json.loads(text_of(file, name))["examples"]
    targets = sorted({row["target"] for row in rows})
    out = []
    for number, row in enumerate(rows, start=1):
        text, source = row["input"], f"{file.name}:{number}"
        letters = _OPTION.findall(text)
        if letters:
            options = tuple(words.strip() for _, words in letters)
            marks = [f"({letter})" for letter, _ in letters]
            # two rows of the published set name their answer in another way
            if row["target"] not in marks:
                continue
            right = marks.index(row["target"])
        elif len(targets) <= FEW:
            options, right = tuple(targets), targets.index(row["target"])
        else:
            return []
        out.append(ProbeItem("bbh", "choice", text, options, right, source=source))
    return out
