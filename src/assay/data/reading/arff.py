"""Weka's tables: `@attribute` lines that name the fields, then `@data` and a row a line.

Watch out        `?` is no value; a row that names its fields by number (`{0 yes, 3 2}`) has only
                 those
Source           waikato.github.io/weka-wiki/formats_and_processing/arff_stable
"""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any

from assay.data.reading.findings import Findings, excerpt
from assay.data.reading.source import InputFile
from assay.data.reading.text_encoding import lines

_START = re.compile(r"(?im)\A(?:\s*(?:%.*)?\n)*\s*@relation\b")
_FIELD = re.compile(r"""(?i)\s*@attribute\s+('(?:[^'\\]|\\.)*'|"[^"]*"|\S+)\s+(.+?)\s*""")
_PART = re.compile(r"\s*(\d+)\s+(.*)", re.DOTALL)


def looks_like_arff(text: str) -> bool:
    """Whether a text begins as such a table does."""
    return _START.match(text.removeprefix("\ufeff")) is not None and "@attribute" in text.lower()


def read_arff(
    source: InputFile, found: Findings, *, encoding: str | None, head: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """The rows, numbered by line; a nominal field beside one text is its label."""
    names: list[str] = []
    kinds: list[str] = []
    rows: list[tuple[int, dict[str, Any]]] = []
    data = False
    for number, line in lines(source, found, encoding=encoding):
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        if not data:
            data = text.lower().startswith("@data")
            if match := _FIELD.fullmatch(text):
                names.append(_bare(match[1]))
                kinds.append(match[2])
            continue
        cells = _cells(text, len(names))
        if cells is None or (len(cells) != len(names) and not text.startswith("{")):
            told = f"{len(cells or ())} values, {len(names)} attributes"
            found.problem(
                "D208", told, number, help="give each row all values", excerpt=excerpt(text)
            )
        else:
            some = cells.items() if isinstance(cells, dict) else enumerate(cells)
            rows.append((number, {names[at]: None if one == "?" else one for at, one in some}))
    texts = [name for name, kind in zip(names, kinds, strict=True) if kind.lower() == "string"]
    nominal = [name for name, kind in zip(names, kinds, strict=True) if kind.startswith("{")]
    if len(texts) == 1 and len(nominal) == 1:
        found.roles |= {"text": texts[0], "label": nominal[0]}
    found.note(f"{found.place}: read as a table of Weka (ARFF)")
    return rows[:head]


def _bare(name: str) -> str:
    return name[1:-1].replace("\\", "") if name[:1] in ("'", '"') else name


def _cells(text: str, count: int) -> Sequence[str] | dict[int, str] | None:
    """The values of a row; of one that names them by number, those by their number."""
    if text.startswith("{"):
        parts = [_PART.fullmatch(part) for part in _split(text.strip("{}"))]
        sparse = {int(part[1]): _bare(part[2]) for part in parts if part}
        return sparse if all(at < count for at in sparse) else None
    return [*_split(text)]


def _split(text: str) -> Iterator[str]:
    quote = '"' if text.count('"') > text.count("'") and not re.search(r"(^|,)\s*'", text) else "'"
    made = csv.reader([text], quotechar=quote, escapechar="\\", skipinitialspace=True)
    yield from (cell.strip() for cell in next(made, []))
