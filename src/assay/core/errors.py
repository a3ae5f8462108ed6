"""What can go wrong, as one tree. Every error a user can cause has a code, a place and a way out.

AssayError                    exit
├── UsageError      C0xx        2   the command line or the project file
├── DataError       D0xx        3   a data file or its rows
│   └── LeakError   D050        1   test rows that also stand in train: the run stops
├── ResourceError   R0xx        4   memory, disk, time, the surroundings
│   └── Damaged     R173        4   a file that assay wrote is not as it was written
├── ModelError      M0xx        5   a model or adapter is refused
│   └── OtherAnswers M103       1   what was exported answers otherwise than the arm
├── TrainError      T0xx        6   training stopped: diverged, nothing to learn
└── Stopped                   130   interrupted by the user (143 by SIGTERM); the run continues
                              where it was

`assay explain CODE` prints the page of a code, from the `codes*.md` files.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `CODE place: text`, the line it is about, and `help: way out`."""

    code: str
    text: str
    place: str = ""  # "file", "file:line" or a key of the project file
    help: str = ""
    excerpt: str = ""  # the offending line, cut to a readable width

    def __str__(self) -> str:
        head = (
            f"{self.code} {self.place}: {self.text}" if self.place else f"{self.code} {self.text}"
        )
        lines = [head]
        lines += [f"   | {line}" for line in self.excerpt.splitlines()]
        if self.help:
            lines.append(f"   help: {self.help}")
        return "\n".join(lines)


class AssayError(Exception):
    """Base of all errors that are reported without a traceback. Carries every problem found, not
    only the first."""

    exit_code = 70

    def __init__(self, *problems: Problem):
        if not problems:
            raise ValueError("an AssayError needs at least one Problem")
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UsageError(AssayError):
    exit_code = 2


class ProjectError(UsageError):
    """What is wrong with one project file."""

    def __init__(self, name: str, *problems: Problem):
        super().__init__(*problems)
        self.name = name

    @property
    def header(self) -> str:
        return f"{self.name} has {len(self.problems)} problem{'s' * (len(self.problems) > 1)}"


class DataError(AssayError):
    exit_code = 3


class LeakError(DataError):
    exit_code = 1


class ResourceError(AssayError):
    exit_code = 4


class Damaged(ResourceError, ValueError):
    """A file that assay wrote, and cannot make again, holds what it did not write there."""

    def __init__(self, place: str):
        help = (
            "put the file back as it was, or remove the line or the file, if it is to spare;"
            " then run again"
        )
        super().__init__(Problem("R173", "it is damaged: this is no JSON", place, help=help))


class ModelError(AssayError):
    exit_code = 5


class OtherAnswers(ModelError):
    exit_code = 1


class TrainError(AssayError):
    exit_code = 6


class Stopped(Exception):
    """The user interrupted. What is done is kept; the same command continues."""

    def __init__(self, signal_number: int = 2):
        self.exit_code = 128 + signal_number
        super().__init__(f"stopped by signal {signal_number}")


class Pruned(Exception):
    """A trial of a search is ended early: at this percent of its way others did better."""

    def __init__(self, percent: int):
        self.percent = percent
        super().__init__(f"ended early, at {percent} %")


# What a file system may answer whatever a program does; a file that is missing would be a bug.
_SYSTEM = {
    errno.EIO,
    errno.ELOOP,
    errno.ESTALE,
    errno.ENOTCONN,
    errno.ETIMEDOUT,
    errno.EREMOTEIO,
    errno.ENXIO,
    errno.ENODEV,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENAMETOOLONG,
}


def system_error(error: BaseException) -> DataError | None:
    """D180, where an error is what the system says of a disk or of rights, in whatever process;
    None where it is a bug."""
    if not isinstance(error, OSError) or error.errno not in _SYSTEM:
        return None
    help = (
        "look at the disk, its mount and the rights there, then run the same command again: it"
        " continues"
    )
    text = f"the system says: {os.strerror(error.errno)}"
    return DataError(Problem("D180", text, str(error.filename or ""), help=help))


def end_soon(number: int, seconds: float = 2.0) -> None:
    """What a second signal asks for: this process ends after so long, whatever it waits for then.
    Until then it may end what it has started."""
    import threading

    ending = threading.Timer(seconds, os._exit, (128 + number,))
    ending.daemon = True
    ending.start()


def nearest(word: str, known: Iterable[object]) -> str:
    """The spelling in `known` that is closest to `word`, or "" when none is close."""
    import difflib

    folded = {str(k).casefold(): str(k) for k in known}
    match = difflib.get_close_matches(word.casefold().strip(), list(folded), n=1, cutoff=0.6)
    return folded[match[0]] if match else ""


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """`; did you mean 'x'?` or nothing."""
    match = nearest(word, known)
    return f"; did you mean '{match}'?" if match else ""


def unknown_name(
    code: str,
    what: str,
    name: str,
    known: Iterable[str],
    place: str = "",
    way: str | None = None,
) -> Problem:
    """That there is no such thing of this name. `way`: None: the names that there are."""
    names = list(known)
    text = f"there is no {what} '{name}'{did_you_mean(name, names)}"
    return Problem(code, text, place, help=", ".join(names) if way is None else way)
