"""How a command ends: what is printed and the exit code.

0 done   1 a gate failed   2 usage   3 data   4 resources   5 model   6 training   70 our bug   130, 143 interrupted
"""

import errno
import json
import os
import platform
import re
import shlex
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from assay.errors import AssayError, DataError, Problem, ProjectError, ResourceError, Stopped, UsageError
from assay.store import write_text
from assay.terminal.display import fitting, plain
from assay.terminal.misuse import VERBS, line, misused

OF_A_KIND = 5  # problems of one code that are printed
BUG = 70
# What a file system may answer whatever a program does; a file that is missing would be a bug.
_SYSTEM = {errno.EIO, errno.ELOOP, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EREMOTEIO, errno.ENXIO}
_SYSTEM |= {errno.ENODEV, errno.EACCES, errno.EPERM, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG}

# typer ships its own copy of click since 0.26; both call the parent of BadParameter by the same role.
_Misuse: type = typer.BadParameter.__bases__[0]


def say(text: str) -> None:
    """One line on stdout: results."""
    print(fitting(text, sys.stdout))


def warn(text: str) -> None:
    """One line on stderr: everything else."""
    print(fitting(text, sys.stderr), file=sys.stderr)


def noted(event: dict[str, Any]) -> None:
    """The `tell` of a command without a display: notes go to stderr."""
    if event.get("event") == "note":
        warn(f"{event['text']}")


def shown_problems(problems: Sequence[Problem], *, every: bool = False) -> Iterator[str]:
    """The problems as lines, at most five of a code unless `every`; what is left out is counted."""
    total = Counter(problem.code for problem in problems)
    seen: Counter[str] = Counter()
    for problem in problems:
        seen[problem.code] += 1
        if every or seen[problem.code] <= OF_A_KIND:
            yield str(problem)
        if not every and seen[problem.code] == total[problem.code] > OF_A_KIND:
            yield f"{problem.code} and {total[problem.code] - OF_A_KIND} more: assay check --all"


_COMMAND = re.compile(r"\b(assay [a-z]|pip install |curl |apt-get |hf |iconv )")
_ENCODING = re.compile(r"data\.encoding(?:: |, for example: )([\w-]+)")
_AGAIN = ("run", "check", "init")  # commands that take --set and make a project of a file


def following(problems: Sequence[Problem], arguments: Sequence[str]) -> str:
    """The command to type next, where no way out among the problems is one: the same command with the setting that
    mends it, or the page of the first code."""
    again = bool(arguments) and arguments[0] in _AGAIN
    for problem in problems if again else ():
        if problem.code == "D031":
            return line(*arguments, "--set", "data.join_labels=true")
        if problem.code in ("D007", "D008") and (match := _ENCODING.search(problem.help)):
            return line(*arguments, "--set", f"data.encoding={match[1]}")
    if any(_COMMAND.search(problem.help) for problem in problems):
        return ""
    return line("explain", problems[0].code)


class Outcome:
    """The last frame of a command: turns what was raised into words and `code`.

    Args:
        arguments: of the command line, to name the command that continues.
        crashes: the folder for the file that a bug leaves.
    """

    def __init__(self, arguments: Sequence[str], crashes: Path = Path()):
        self.arguments = list(arguments)
        self.crashes = crashes
        self.code = 0

    def __enter__(self) -> "Outcome":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if error is None or isinstance(error, SystemExit | GeneratorExit):
            return False
        self.code = self._tell(error)
        return True

    def _tell(self, error: BaseException) -> int:
        if isinstance(error, AssayError):
            self._problems(error)
            return error.exit_code
        if isinstance(error, Stopped | KeyboardInterrupt | typer.Abort):
            warn(f"Stopped. What is done is kept. Continue with: {self._command()}")
            return error.exit_code if isinstance(error, Stopped) else 130
        if isinstance(error, BrokenPipeError):
            # The reader (head, less) has gone; nothing may be written when Python flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        if isinstance(error, OSError) and error.errno in _SYSTEM:
            file = str(error.filename or "")
            help = "look at the disk, its mount and the rights there, then run the same command again: it continues"
            self._problems(DataError(Problem("D180", f"the system says: {os.strerror(error.errno)}", file, help=help)))
            return DataError.exit_code
        if isinstance(error, _Misuse):
            self._misuse(error)
            return UsageError.exit_code
        warn(f"This is a bug in assay ({type(error).__name__}: {_first_line(error)}). Details: {self._crash(error)}")
        return BUG

    def _problems(self, error: AssayError) -> None:
        if "--json" in self.arguments:
            rows = [{"code": p.code, "place": p.place, "text": p.text, "help": p.help} for p in error.problems]
            document = {"exit": error.exit_code, "problems": rows, "next": following(error.problems, self.arguments)}
            say(json.dumps(document, ensure_ascii=False, indent=1))
            return
        if isinstance(error, ProjectError):
            warn(error.header)
        for text in shown_problems(error.problems, every="--all" in self.arguments):
            warn(text)
        if way := following(error.problems, self.arguments):
            warn(f"   next: {way}")

    def _misuse(self, error: Any) -> None:
        warn(str(misused(error.format_message(), self.arguments)))

    def _command(self) -> str:
        return shlex.join(["assay", *self.arguments])

    def _crash(self, error: BaseException) -> Path:
        folder = self.crashes if self.crashes.is_dir() else Path()
        path = folder / f"crash-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        head = f"{self._command()}\nPython {platform.python_version()} on {platform.platform()}\n\n"
        try:
            write_text(path, head + plain("".join(traceback.format_exception(error))))
        except ResourceError:
            traceback.print_exception(error)
        return path


def _first_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:199] + "…"
