"""How a command ends: what is printed and the exit code.

0 done   1 a gate failed   2 usage   3 data   4 resources   5 model   6 training   70 our bug
130, 143 interrupted
"""

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

from assay.cli.display import fitting
from assay.cli.usage_errors import line, usage_problem
from assay.core.command_hints import ASKING, has_run, look
from assay.core.errors import (
    AssayError,
    Problem,
    ProjectError,
    ResourceError,
    Stopped,
    UsageError,
    system_error,
)
from assay.core.plain_text import plain
from assay.core.project_paths import project_target
from assay.core.store import write_bytes

OF_A_KIND = 5  # problems of one code that are printed
BUG = 70
# typer ships its own copy of click since 0.26; both call the parent of BadParameter by the same
# role.
_Misuse: type = typer.BadParameter.__bases__[0]


def say(text: str) -> None:
    """One line on stdout: results."""
    print(fitting(text, sys.stdout))


def warn(text: str) -> None:
    """One line on stderr: everything else."""
    print(fitting(text, sys.stderr), file=sys.stderr)


def tell_notes(event: dict[str, Any]) -> None:
    """The `tell` of a command without a display: notes go to stderr."""
    if event.get("event") == "note":
        warn(f"{event['text']}")


def problem_lines(
    problems: Sequence[Problem], *, every: bool = False, all_by: str = "assay check --all"
) -> Iterator[str]:
    """The problems as lines, at most five of a code unless `every`; what is left out is counted,
    with the command that shows all."""
    total = Counter(problem.code for problem in problems)
    seen: Counter[str] = Counter()
    for problem in problems:
        seen[problem.code] += 1
        if every or seen[problem.code] <= OF_A_KIND:
            yield str(problem)
        if not every and seen[problem.code] == total[problem.code] > OF_A_KIND:
            yield f"{problem.code} and {total[problem.code] - OF_A_KIND} more: {all_by}"


_COMMAND = re.compile(r"\b(assay [a-z]|pip install |curl |apt-get |hf |iconv )")
_ENCODING = re.compile(r"data\.encoding(?:: |, for example: )([\w-]+)")
_NEAR = re.compile(r"'([^']+)'[^']*did you mean '([^']+)'")
_AGAIN = ("run", "check", "init")  # commands that take --set and make a project of a file


def following(problems: Sequence[Problem], arguments: Sequence[str]) -> str:
    """The command to type next, where no way out among the problems has it: the same command with
    the setting or the spelling that mends it, or the page of the first code."""
    way = _following(problems, arguments)
    return "" if any(way in problem.help for problem in problems) else way


def _following(problems: Sequence[Problem], arguments: Sequence[str]) -> str:
    verb = arguments[0] if arguments else ""
    for problem in problems:
        if (match := _NEAR.search(problem.text)) and (
            other := _replace_word(arguments, match[1], match[2])
        ):
            return line(*other)
    for problem in problems if verb in _AGAIN else ():
        if problem.code == "D031":
            return line(*arguments, "--set", "data.join_labels=true")
        if problem.code in ("D007", "D008") and (match := _ENCODING.search(problem.help)):
            return line(*arguments, "--set", f"data.encoding={match[1]}")
    if way := _project_command(problems[0], verb, arguments):
        return way
    if any(_COMMAND.search(problem.help) for problem in problems):
        return ""
    return line("explain", problems[0].code)


def _replace_word(arguments: Sequence[str], wrong: str, right: str) -> list[str]:
    """The words with one spelling put in place of another, alone, in a list or behind an equals
    sign; none where it stands in none."""
    word = re.compile(rf"(?<![\w-]){re.escape(wrong)}(?![\w-])")
    other = [arguments[0], *(word.sub(right, one) for one in arguments[1:])] if arguments else []
    return other if other != list(arguments) else []


def _project_command(problem: Problem, verb: str, arguments: Sequence[str]) -> str:
    """The command for one that asks a project: of the project that was meant, of a strategy that
    there is."""
    if problem.code in ("D002", "C201") and verb not in ("run", "init"):
        there = look(Path(problem.place)).projects
        asked = [one for one in there if verb not in ASKING or has_run(one)]
        if not asked or (problem.code == "C201" and len(asked) > 1):
            return ""
        found, words = str(project_target(asked[0])), list(arguments[1:])
        if problem.code == "C201":
            return line(verb, found, *words)
        same = [found if one.rstrip("/") == problem.place else one for one in words]
        return line(verb, *same) if same != words else ""
    if verb not in ASKING:
        return ""
    if problem.code == "C161" and (match := re.match(r"--with (\S+);", problem.help)):
        return line(*arguments, "--with", match[1])
    if problem.code == "C083" and problem.place and Path(problem.place).exists():
        return line("list", problem.place)
    return ""


class CommandOutcome:
    """The last frame of a command: turns what was raised into words and `code`.

    Args:
        arguments: of the command line, to name the command that continues.
        crashes: the folder for the file that a bug leaves.
    """

    def __init__(self, arguments: Sequence[str], crashes: Path = Path()):
        self.arguments = list(arguments)
        self.crashes = crashes
        self.code = 0

    def __enter__(self) -> "CommandOutcome":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
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
            # The reader (head, less) has gone; nothing may be written when Python flushes at its
            # end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        if system := system_error(error):
            self._problems(system)
            return system.exit_code
        if isinstance(error, _Misuse):
            self._misuse(error)
            return UsageError.exit_code
        warn(
            f"This is a bug in assay ({type(error).__name__}: {_first_line(error)}). Details:"
            f" {self._crash(error)}"
        )
        return BUG

    def _problems(self, error: AssayError) -> None:
        if "--json" in self.arguments:
            rows = [
                {"code": p.code, "place": p.place, "text": p.text, "help": p.help}
                for p in error.problems
            ]
            document = {
                "exit": error.exit_code,
                "problems": rows,
                "next": following(error.problems, self.arguments),
            }
            say(json.dumps(document, ensure_ascii=False, indent=1))
            return
        if isinstance(error, ProjectError):
            warn(error.header)
        for text in problem_lines(
            error.problems, every="--all" in self.arguments, all_by=self._all_by()
        ):
            warn(text)
        if way := following(error.problems, self.arguments):
            warn(f"   next: {way}")

    def _all_by(self) -> str:
        named = [one for one in self.arguments[1:2] if not one.startswith("-")]
        return (
            line("check", *named, "--all")
            if self.arguments[:1] and self.arguments[0] in _AGAIN
            else "assay check --all"
        )

    def _misuse(self, error: Any) -> None:
        warn(str(usage_problem(error.format_message(), self.arguments)))

    def _command(self) -> str:
        return shlex.join(["assay", *self.arguments])

    def _crash(self, error: BaseException) -> Path:
        folder = self.crashes if self.crashes.is_dir() else Path()
        path = folder / f"crash-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        head = f"{self._command()}\nPython {platform.python_version()} on {platform.platform()}\n\n"
        try:
            text = head + plain("".join(traceback.format_exception(error)))
            write_bytes(path, text.encode("utf-8", "backslashreplace"))
        except ResourceError:
            traceback.print_exception(error)
        return path


def _first_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:199] + "…"
