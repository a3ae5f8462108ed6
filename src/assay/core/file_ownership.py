"""Who may read what is written: a project's results are their owner's alone, its reports are as the
user has files.

How       a folder made by `private` holds a mark; whatever the store makes below it, now or in
          another process, gets 0700 and 0600. Elsewhere the user's umask holds
"""

import os
from pathlib import Path
from typing import NoReturn

from assay.core.errors import Problem, ResourceError

PRIVATE = ".private"  # a folder that holds it is its owner's alone, with all below it


def refuse(error: OSError, path: Path) -> NoReturn:
    raise ResourceError(
        Problem(
            "R002",
            f"could not write: {error.strerror}",
            str(path),
            help="free some space or choose another folder, then run the same command again: it"
            " continues",
        )
    ) from error


def private(folder: Path) -> None:
    """Make a folder that its owner alone can enter. What the store then writes below it is its
    owner's alone, too."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_mode & 0o077:  # made by an earlier version
            folder.chmod(0o700)
        os.close(os.open(folder / PRIVATE, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        refuse(error, folder)


def is_private(path: Path) -> bool:
    """Whether the path lies below a folder of `private`."""
    return any((folder / PRIVATE).exists() for folder in path.absolute().parents)


def make_folder(folder: Path) -> None:
    """A folder with all above it. Raises: OSError."""
    for place in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        place.mkdir(mode=0o700 if is_private(place) else 0o777, exist_ok=True)


def mode_of(path: Path) -> int:
    """The permissions of a new file."""
    return 0o600 if is_private(path) else 0o666 & ~_mask()


def _mask() -> int:
    """The permissions that this process's new files must not have."""
    for line in (
        Path("/proc/self/status").read_text().splitlines()
        if Path("/proc/self/status").exists()
        else ()
    ):
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def opener(path: str, flags: int) -> int:
    """For `open`: a new file gets the permissions that it would get here."""
    return os.open(path, flags, mode_of(Path(path)))
