"""Files of one split with the same fields, none of them a label: the file's name is the class
(`Fake.csv` and `True.csv`, `pos.jsonl` and `neg.jsonl`).

What it is for   as folders of texts that are called by their label, for tables
Which files      two to fifty of a few words each, without digits or months; in each a text, and
                 nothing that is as likely to be asked; the same classes in each split
Watch out        a field that the project names as the target stays the target
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assay.data.reading.compression import bare
from assay.data.reading.findings import printable
from assay.data.reading.layout import TARGETS
from assay.data.reading.parallel_text import names_of
from assay.data.reading.read_file import RawRow, RawTable
from assay.data.reading.split_names import SPLIT_NAMES, split_in
from assay.tasks.columns import columns_of
from assay.tasks.target_candidates import candidates

LABEL = "label"
MOST = 50  # files
LOOKED_AT = 500  # rows of each
LIKELY = 0.3  # weight of a target that a name tells
_ROWS = 3  # of each file, at least
_NAME = re.compile(r"[^\W\d]{2,}(?:[ _-][^\W\d]+){0,3}")
# Words of files that are parts of one set.
_PARTS = set(
    """jan january feb february mar march apr april may jun june jul july aug august sep sept
    september oct october nov november dec december spring summer autumn fall winter q old new
    part copy final latest backup export raw clean data""".split()
)
Reads = list[tuple[str, Path, RawTable]]


def label_by_file(reads: Reads, columns: Mapping[str, str], kind: str | None) -> Reads:
    """The files with a field `label` each, where they are of such a form; else as they are.

    Args:
        columns: role -> field, and kind, as the project names them; where it names another kind
            than classify, no label is wanted.
    """
    goals = {columns[role] for role in TARGETS if role in columns}
    stems = class_names([path for _, path, _ in reads])
    if goals - {LABEL} or kind not in (None, "classify"):
        return reads
    if not 1 < len(reads) <= MOST or not _alike(reads):
        return reads
    if not _classes(stems, [split for split, _, _ in reads]):
        return reads
    rows = [raw.fields for _, _, table in reads for raw in table.rows[:LOOKED_AT]]
    found = columns_of(rows)
    ways = () if goals else candidates(found, rows, {}, None, set())
    if any(way.weight >= LIKELY for way in ways) or not any(one.prose for one in found):
        return reads
    shown = ", ".join(f"'{printable(stem)}'" for stem in stems[:6]) + ("…" if stems[6:] else "")
    told = f"no field is a label, so the names of the files are: {shown}"
    return [
        (split, path, _labelled(table, stem, told if not at else ""))
        for at, ((split, path, table), stem) in enumerate(zip(reads, stems, strict=True))
    ]


def class_names(paths: Sequence[Path]) -> list[str]:
    """What each of these files may be the class of: its name, without a split's; where several have
    the same one, the word by which they differ: `reviews.pos` and `reviews.neg`."""
    stems = [_stem(path) for path in paths]
    splits = [split_in(stem) for stem in stems]
    if all(splits) and len(set(splits)) > 1:
        stems = [
            " ".join(w for w in re.split(r"[ _-]", s) if not SPLIT_NAMES.get(w)) for s in stems
        ]
        return stems if len(set(stems)) * len(set(splits)) == len(stems) else [""] * len(stems)
    return stems if len(set(stems)) == len(stems) else names_of([path.name for path in paths])


def line_classes(paths: Sequence[Path]) -> bool:
    """May these files of any suffix be lines of texts, whose class is in the name?"""
    names = class_names(paths) if 1 < len(paths) <= MOST else []
    near = len({len(re.split(r"[._-]", path.name)) for path in paths}) == 1
    return near and bool(names) and _classes(names, [split_in(name) for name in names])


def _stem(path: Path) -> str:
    return path.name[: len(bare(path.name))].partition(".")[0]


def _alike(reads: Reads) -> bool:
    """Files of one split with the same fields, which they name themselves."""
    names = reads[0][2].names
    return (
        all(table.names == names and not table.roles for _, _, table in reads)
        and all(len(table.rows) >= _ROWS for _, _, table in reads)
        and LABEL not in names
        and "field1" not in names
    )


def _classes(stems: list[str], splits: list[str]) -> bool:
    """May these be the names of classes, the same ones in each split?"""
    words = [set(re.split(r"[ _-]", stem.casefold())) for stem in stems]
    apart = [some - set.intersection(*words) for some in words]
    return (
        len(set(stems)) * len(set(splits)) == len(stems) == len({*zip(stems, splits, strict=True)})
        and len(set(stems)) > 1
        and all(_NAME.fullmatch(stem) and not split_in(stem) for stem in stems)
        and not any(not some or some <= _PARTS for some in apart)
    )


def _labelled(table: RawTable, label: str, told: str) -> RawTable:
    rows = [RawRow(source, {**fields, LABEL: label}) for source, fields in table.rows]
    notes = [*table.notes, *([told] if told else [])]
    roles = {LABEL: LABEL}
    return replace(table, rows=rows, names=(*table.names, LABEL), roles=roles, notes=notes)
