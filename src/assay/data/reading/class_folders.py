"""Folders of texts that are called by a label: `spam/0001.txt`, `ham/0002.txt`; below `train` and
`test` or not, at any depth.

What it is for   each file is a row: its text, the folder's name as `label`, its own as `file`
Which folder     its names differ, and are neither splits nor numbered parts (`fold1`)
Watch out        texts that are not UTF-8 are read as Windows-1252, and counted in a note
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.core.project_paths import PROJECT
from assay.data.reading.archive import ABOUT
from assay.data.reading.compression import bare
from assay.data.reading.findings import Findings, printable, rows
from assay.data.reading.source import open_input
from assay.data.reading.split_names import SPLIT_NAMES, split_in

MOST = 100_000  # files
_LEAST = 3  # files of a label, in the middle
_MOSTLY = 0.9  # share of the files that are texts in folders
_TEXTS = (".txt", ".text", ".md", ".eml", ".html", ".htm", ".story", ".msg", "")
_PART = re.compile(r"(?i)(part|fold|split|batch|chunk|section|vol(ume)?|group|set)s?\W?\d")
_NAMED, _NAMES = 10, 10  # texts at least, and labels at most, that names of files tell
_UNLABELLED = {"unsup", "unlabeled", "unlabelled", "unknown_label"}
DEEPEST = 4  # folders in one another
LARGEST = 2 << 20  # bytes of a text


def files_in(folder: Path, deep: int = 0) -> list[tuple[tuple[str, ...], Path]]:
    """The files of a folder and of those in it, each with the names of the folders around it, but
    for what is hidden and, in the folder itself, what tells about the others."""
    found: list[tuple[tuple[str, ...], Path]] = []
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith((".", "__")) or path.name in ("Thumbs.db", "desktop.ini")
        if hidden or len(found) >= MOST:
            continue
        if path.is_file() and not (deep == 0 and (ABOUT.fullmatch(path.name))):
            found.append(((), path))
        # the project that was made for this very folder may stand in it
        elif path.is_dir() and deep < DEEPEST and not (path / PROJECT).is_file():
            found += [((path.name, *names), one) for names, one in files_in(path, deep + 1)]
    return found


def unwrapped(folder: Path) -> Path:
    """The folder, or the one folder in it that has all files, but for those that tell of them."""
    for _ in range(DEEPEST):
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
        folders = [path for path in inside if path.is_dir() and not (path / PROJECT).is_file()]
        others = [path for path in inside if path.is_file() and not _about(path)]
        if len(folders) != 1 or others:
            break
        folder = folders[0]
    return folder


def _about(path: Path) -> bool:
    return bool(ABOUT.fullmatch(path.name)) or path.suffix in (".pdf", ".py", ".sh", ".md")


def classes(folder: Path, least: int = _LEAST) -> dict[str, list[Path]]:
    """{label: its files} of a folder whose folders hold texts alone, `least` of them in the middle
    one; {} for any other."""
    every = files_in(folder)
    texts = [(names, path) for names, path in every if _is_text(path)]
    inside = [(names, path) for names, path in texts if names]
    level = _level([names for names, _ in inside])
    if level is None and len(texts) >= _MOSTLY * len(every) and (named := _by_name(texts)):
        return named
    if level is None or len(inside) < _MOSTLY * len(every):
        return {}
    found: dict[str, list[Path]] = {}
    for names, path in inside:
        if len(names) > level and names[level].casefold() not in _UNLABELLED:
            found.setdefault(names[level], []).append(path)
    sizes = sorted(map(len, found.values()))
    plain = {name.casefold() for name in found} - set(SPLIT_NAMES)
    return found if len(sizes) > 1 and sizes[len(sizes) // 2] >= least and len(plain) > 1 else {}


def _by_name(texts: Sequence[tuple[tuple[str, ...], Path]]) -> dict[str, list[Path]]:
    """{label: files} of texts whose names are numbers and one word that comes again: `pos_12.txt`,
    `12-spam.txt`; {} of others."""
    words = [re.findall(r"[^\W\d_]+", Path(bare(path.name)).stem) for _, path in texts]
    for at in (0, -1):
        if len(words) < _NAMED or not all(words):
            break
        found: dict[str, list[Path]] = {}
        for some, (_, path) in zip(words, texts, strict=True):
            found.setdefault(some[at], []).append(path)
        sizes = [len(some) for some in found.values()]
        if 1 < len(found) <= _NAMES and min(sizes) >= _LEAST and not set(found) & set(SPLIT_NAMES):
            return found
    return {}


def _is_text(path: Path) -> bool:
    suffix = Path(bare(path.name)).suffix.lower()
    return suffix in _TEXTS or suffix[1:].isdigit()


def _level(paths: Sequence[tuple[str, ...]]) -> int | None:
    """Which of the folders around a text is its label: the one whose names differ and say neither
    a split nor a part; of two the inner one where its names come again in the outer ones."""
    deepest = max(map(len, paths), default=0)
    deep = [at for at in range(deepest) if sum(len(p) > at for p in paths) >= _MOSTLY * len(paths)]
    names = {at: {path[at] for path in paths if len(path) > at} for at in deep}
    apart = [
        at
        for at, some in names.items()
        if len(some) > 1 and not all(SPLIT_NAMES.get(one.casefold()) for one in some)
    ]
    parts = [at for at in apart if len({re.sub(r"\d+", "0", one) for one in names[at]}) == 1]
    parts = [at for at in parts if len(apart) > len(parts) or _PART.match(min(names[at]))]
    apart = [at for at in apart if at not in parts]
    if len(apart) < 2:
        return apart[0] if apart else None
    around: dict[str, set[tuple[str, ...]]] = {}
    for path in paths:
        if len(path) > apart[-1]:
            around.setdefault(path[apart[-1]], set()).add(path[: apart[-1]])
    crossed = sum(len(some) > 1 for some in around.values())
    return apart[-1] if crossed > len(around) / 2 else apart[0]


def split_folders(folder: Path, holds: Callable[[Path, bool], bool]) -> dict[str, list[Path]]:
    """{split: folders} that are of a form; "data" where they are not split, {} where none is.

    Args:
        holds: whether a folder is of the form; and whether it is to be a whole set, and not a test
            set of a few.
    """
    folder = unwrapped(folder)
    found: dict[str, list[Path]] = {}
    for inside in sorted(path for path in folder.iterdir() if path.is_dir()):
        split = SPLIT_NAMES.get(inside.name.casefold()) or split_in(inside.name)
        if split and holds(unwrapped(inside), split == "train"):
            found.setdefault(split, []).append(unwrapped(inside))
    if "train" in found and (len(found) > 1 or not holds(folder, True)):
        return found
    return {"data": [folder]} if holds(folder, True) else {}


def class_folders(folder: Path) -> dict[str, list[Path]]:
    """{split: folders of classes} in a folder; "data" where they are not split."""
    return split_folders(
        folder, lambda inside, whole: bool(classes(inside, _LEAST if whole else 1))
    )


def read_classes(
    folder: Path, found: Findings, head: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a folder of classes, numbered in the order of labels and files."""
    made: list[tuple[int, dict[str, Any]]] = []
    western = 0
    for label, files in classes(folder, 1).items():
        for path in files:
            text, foreign = text_in(path, found, len(made) + 1)
            western += foreign
            made.append((len(made) + 1, {"text": text, "label": label, "file": path.name}))
    found.roles |= {"text": "text", "label": "label"}
    found.note(f"{found.place}: read as folders of texts that are called by their label")
    note_western(western, found)
    return made[:head]


def text_in(path: Path, found: Findings, line: int) -> tuple[str, bool]:
    """The text of a file, and whether it was read as Windows-1252; `line`: the row that it is."""
    with open_input(path, printable(path.name), documents=True) as source:
        data = source.file.read(LARGEST + 1)
    if len(data) > LARGEST:
        found.problem("D039", f"'{printable(path.name)}' is over {LARGEST >> 20} MB", line)
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return data.decode("windows-1252", "replace"), True


def note_western(count: int, found: Findings) -> None:
    """Say how many of the texts are not UTF-8."""
    if count:
        told = f"{rows(count)} are not UTF-8 and were read as windows-1252"
        found.note(f"D203 {found.place}: {told}")
