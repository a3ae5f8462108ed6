"""Find the files of a data set folder: one of the Hugging Face hub, what `save_to_disk` wrote, or
files named by split.

What it is for   `train-00000-of-00003.parquet`, `data/test.csv` and what a README.md names become
                 splits
Watch out        only files of forms that are read are looked at; a loading script beside them is
                 never opened
"""

import contextlib
import json
import os
import re
import stat
from pathlib import Path

from assay.core.errors import DataError, Problem
from assay.data.reading.compression import bare
from assay.data.reading.configurations import Patterns, choose_patterns, configurations
from assay.data.reading.findings import display_path, printable
from assay.data.reading.split_names import SPLIT_NAMES, split_in, split_named
from assay.data.reading.unanswered import LOG, LOG_HELP, SLACK

DATA_SUFFIXES = (
    ".jsonl",
    ".ndjson",
    ".json",
    ".csv",
    ".tsv",
    ".tab",
    ".parquet",
    ".arrow",
    ".xlsx",
    ".xlsm",
)
FILE_LIMIT = 100_000  # of a folder, with those in it
HOLES, HOLES_RATIO = 64 << 20, 100  # bytes; a file system that packs does not reach this


def files_below(folder: Path) -> list[Path]:
    """All files of a folder and of those in it; links to folders are not followed.

    Raises:
        DataError: D063, over 100,000 files.
    """
    found: list[Path] = []
    for inside, _, names in os.walk(folder):
        found += [Path(inside) / name for name in names]
        if len(found) > FILE_LIMIT:
            help = "join them to a data file: one document a row"
            raise DataError(Problem("D063", f"over {FILE_LIMIT:,} files", str(folder), help=help))
    return found


def refuse_unreal(path: Path, place: str = "") -> None:
    """D182: what lies there are no files, but what the system tells of itself; some of it never
    ends. D184: a large file of which nearly nothing was ever written; reading its holes would take
    minutes."""
    with contextlib.suppress(OSError, ValueError):
        state = path.stat()
        if stat.S_ISREG(state.st_mode) and state.st_size > max(
            HOLES, 512 * state.st_blocks * HOLES_RATIO
        ):
            told = (
                f"is {state.st_size >> 20:,} MB long, of which {512 * state.st_blocks >> 10:,}"
                " KB were written"
            )
            raise DataError(
                Problem(
                    "D184", told, place or str(path), "it was not copied to its end: copy it again"
                )
            )
    for kernel in ("/proc", "/sys", "/dev"):
        with contextlib.suppress(OSError, ValueError):
            device = Path(kernel).stat().st_dev
            if device != Path("/").stat().st_dev and device == path.stat().st_dev:
                told = f"holds no data, but what the system tells of itself ({kernel})"
                raise DataError(
                    Problem("D182", told, place or str(path), "name a folder or file of your own")
                )


def refuse_broken_link(path: Path, place: str) -> None:
    """D181: a link without a file behind it, as git-annex and DVC leave for what was not fetched.
    Skipped, a test set would be missing and another one drawn in its place."""
    if path.is_symlink() and not path.exists():
        told = f"is a link to {printable(str(path.readlink()))}, and no file is there"
        help = "fetch the file (git annex get, dvc pull), or remove the link"
        raise DataError(Problem("D181", told, place, help=help))


def data_folder(folder: Path, base: Path, part: str = "") -> dict[str, list[Path]]:
    """{split: files} of a folder: what `save_to_disk` wrote, or data files named by split. Files of
    a folder without split names are all "data".

    Args:
        part: a configuration, for a folder that has several: as its README.md names them, or a
            folder in it.

    Raises:
        DataError: D002 when there is no data file, D056 when the folder's own list leaves the
            folder, D080 for a configuration that is not there, or that has to be chosen, D181 for a
            link to a data file that is not there, D027 for an export of chats.
    """
    place = display_path(folder, base)
    if (patterns := choose_patterns(configurations(folder), part, place)) is not None:
        return _matching(folder, patterns, place)
    if part:
        if not re.fullmatch(r"[\w.-]+", part) or ".." in part or not (folder / part).is_dir():
            raise DataError(Problem("D080", f"has no configuration '{printable(part)}'", place))
        return data_folder(folder / part, base)
    if (folder / "dataset_dict.json").is_file():
        names = _read_list(folder / "dataset_dict.json", "splits", place)
        inside = {name: _state_files(_within(folder, name, place), place) for name in names}
        return _by_split(inside)
    if (folder / "state.json").is_file():
        return {"data": _state_files(folder, place)}
    found: dict[str, list[Path]] = {}
    # a path object for each is not needed
    if len(names := os.listdir(folder)) > FILE_LIMIT:  # noqa: PTH208
        told = f"holds {len(names):,} files; at most {FILE_LIMIT:,} are read"
        raise DataError(Problem("D063", told, place, "join them to fewer"))
    if set(names) >= SLACK:
        raise DataError(Problem("D027", LOG, place, LOG_HELP))
    there = sorted([*folder.iterdir(), *(folder / "data").glob("*"), *folder.glob("*/*.parquet")])
    for path in dict.fromkeys(there):
        name = bare(path.name)
        if not name.endswith(DATA_SUFFIXES):
            continue
        refuse_broken_link(path, display_path(path, base))
        if path.is_file() and name not in ("dataset_info.json", "dataset_infos.json"):
            split = split_in(name.rpartition(".")[0]) or split_named(path.parent.name)
            found.setdefault(split, []).append(path)
    if not found:
        holds = ", ".join(path.name for path in there[:5]) or "nothing"
        told = f"has no project.yaml and no data file; it holds {holds}"
        raise DataError(Problem("D002", told, place, "name a data file"))
    unnamed = found.pop("", [])
    if "train" not in found and (unnamed or len(found) == 1):
        # Without a file for train, a word in a name is no split.
        return {"data": sorted([*unnamed, *(path for files in found.values() for path in files)])}
    return found or {"data": unnamed}


def _by_split(inside: dict[str, list[Path]]) -> dict[str, list[Path]]:
    named = {
        SPLIT_NAMES[name.lower()]: files
        for name, files in inside.items()
        if name.lower() in SPLIT_NAMES
    }
    if not named:  # train_sft and the like
        firsts = {name: split_named(name) for name in inside}
        if all(firsts.values()) and len(set(firsts.values())) == len(firsts):
            named = {firsts[name]: files for name, files in inside.items()}
    return named or {"data": [path for files in inside.values() for path in files]}


def _matching(folder: Path, patterns: Patterns, place: str) -> dict[str, list[Path]]:
    inside: dict[str, list[Path]] = {}
    for split, globs in patterns.items():
        files = dict.fromkeys(
            path for glob in globs for path in sorted(folder.glob(glob)) if path.is_file()
        )
        kept = [path for path in files if bare(path.name).endswith(DATA_SUFFIXES)]
        if kept:
            inside[split] = kept
    if not inside:
        told = "README.md names data files that are not there, or of forms that are not read"
        raise DataError(Problem("D002", told, place, f"read are: {', '.join(DATA_SUFFIXES)}"))
    return _by_split(inside)


def _read_list(path: Path, key: str, place: str) -> list[str]:
    try:
        names = json.loads(path.read_bytes())[key]
        if isinstance(names, list) and all(isinstance(name, str) and name for name in names):
            return names
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    raise DataError(
        Problem("D099", f"{path.name} has no list '{key}'", place, "save the data set again")
    )


def _state_files(folder: Path, place: str) -> list[Path]:
    try:
        listed = json.loads((folder / "state.json").read_bytes())["_data_files"]
        names = [entry["filename"] for entry in listed]
        return [_within(folder, name, place) for name in names]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DataError(
            Problem("D099", "state.json names no data files", place, "save the data set again")
        ) from None


def _within(folder: Path, name: str, place: str) -> Path:
    path = folder / name
    # In the hub's cache the files of a snapshot are links to blobs beside the snapshots.
    root = folder.parent.parent if folder.parent.name == "snapshots" else folder
    if (
        Path(name).is_absolute()
        or ".." in Path(name).parts
        or not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
    ):
        raise DataError(
            Problem("D056", f"member '{name}' leaves the folder", place, "save the data set again")
        )
    return path
