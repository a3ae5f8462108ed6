"""Which files the splits of a project are read from: folders stand for the files in them, and no
file is two splits.

What it is for   the list that `load` reads
Watch out        what is wrong with one file is collected, so that the problems of all files are
                 raised at once
"""

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assay.core.errors import DataError, Problem, UsageError, did_you_mean
from assay.core.store import file_digest
from assay.data.reading.archive import form_of
from assay.data.reading.compression import bare
from assay.data.reading.file_address import Named, parse_file_name
from assay.data.reading.file_selection import gather_files, gather_members
from assay.data.reading.findings import KEPT, display_path

SPLITS = ("train", "val", "test")


@contextlib.contextmanager
def collect_problems(problems: list[Problem]) -> Generator[None]:
    """Keep the problems of one file and go on with the next."""
    try:
        yield
    except DataError as error:
        problems.extend(error.problems[: max(0, KEPT - len(problems))])


def expand(
    files: Mapping[str, Sequence[str | Path]], base: Path, problems: list[Problem], notes: list[str]
) -> list[tuple[str, Named]]:
    """(split, file with rows and part) for every file; a folder stands for the files in it, an
    archive for its data files. `notes` are of files that are passed over."""
    expanded: list[tuple[str, Named]] = []
    for key, names in files.items():
        split = "train" if key == "data" else key
        if split not in SPLITS:
            raise UsageError(
                Problem("C071", f"no such split{did_you_mean(key, SPLITS)}", f"data.files.{key}")
            )
        for name in names:
            one = parse_file_name(base / name)
            with collect_problems(problems):
                if one.path.is_dir():
                    inside = gather_files(one.path, base, one.part, notes)
                elif not one.member and not one.beside and form_of(one.path):
                    inside = gather_members(one.path, base, notes)
                else:
                    expanded.append((split, one))
                    continue
                if key != "data" and not {key, "data"} & set(inside):
                    told = f"has no files for {key}; it has {', '.join(inside)}"
                    raise DataError(Problem("D002", told, display_path(one.path, base)))
                for part, members in inside.items():
                    if key == "data" or part in (key, "data"):
                        where = (
                            "train"
                            if part == "data" and key == "data"
                            else part
                            if key == "data"
                            else split
                        )
                        kept = "" if one.path.is_dir() else one.part
                        expanded += [
                            (where, replace(m, first=one.first, last=one.last, part=kept))
                            for m in members
                        ]
    return expanded


def same_file(paths: Sequence[tuple[str, Named]], base: Path) -> list[Problem]:
    """D049: a file of one split is, byte for byte, a file of another. Only files of the same size
    are hashed."""
    sizes: dict[int, list[tuple[str, Path]]] = {}
    for split, one in paths:
        path = one.path
        if one.member:
            continue
        with contextlib.suppress(OSError, ValueError):
            if path.is_file() and path.stat().st_size:
                sizes.setdefault(path.stat().st_size, []).append((split, path))
    problems = []
    for same in sizes.values():
        if len({split for split, _ in same}) < 2:
            continue
        first: dict[str, tuple[str, Path]] = {}
        for split, path in sorted(same, key=lambda pair: SPLITS.index(pair[0])):
            with contextlib.suppress(OSError):
                other_split, other = first.setdefault(file_digest(path), (split, path))
                if other_split != split:
                    told = (
                        f"{split} is the same"
                        f" file as {other_split} ({display_path(other, base)}): same sha256"
                    )
                    problems.append(
                        Problem("D049", told, display_path(path, base), help="name another file")
                    )
    return problems


def stem_of(path: Path, taken: set[str]) -> str:
    """The file's stem, made different from those of the files before it."""
    name = path.name[: len(bare(path.name))]
    stem = name.rpartition(".")[0] or name
    if stem in taken:
        stem = f"{path.parent.name}-{stem}"
    unique, number = stem, 2
    while unique in taken:
        unique, number = f"{stem}-{number}", number + 1
    taken.add(unique)
    return unique
