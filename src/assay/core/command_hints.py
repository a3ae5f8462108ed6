"""What to type here: the commands that fit a folder, from the projects and data files in it.

What it is for   whoever types `assay` alone, names a file that is not there or stands in the wrong
                 folder gets a command that can be copied
Costs            a look at the names in one folder and in the folders above it; no file is opened
"""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import DataError, Problem, nearest
from assay.core.project_paths import PROJECT, place, project_target

# Files that may hold rows. What assay writes beside them (answers, reports, votes) is no data to
# begin with.
DATA = (
    ".csv",
    ".tsv",
    ".tab",
    ".jsonl",
    ".ndjson",
    ".json",
    ".parquet",
    ".arrow",
    ".xlsx",
    ".xlsm",
)
PACKED = (".gz", ".bz2", ".xz", ".zst")
_WRITTEN = re.compile(
    r"exam\.jsonl|(report|measured|done)\.json|crash-.*|.*\.answers\.(jsonl|csv)|package(-lock)?"
    r"\.json|tsconfig\.json"
)
UP = 3  # folders above this one in which a project is looked for
SHOWN = 4  # commands
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_ADDRESS = re.compile(r"(https?):/{1,2}(.+)")


@dataclass(frozen=True)
class Here:
    """What a folder holds that assay can work with.

    Attributes:
        folder: as it was named. projects: project files, of the folder itself first, then of the
            folders in it; where there is none, of the nearest folder above. data: files that may
            hold rows.
    """

    folder: Path
    projects: tuple[Path, ...]
    data: tuple[Path, ...]

    def commands(self, verb: str = "run") -> list[tuple[str, str]]:
        """(command, what it does) that can be typed, the likeliest first; for `ask` and its like
        those that ask a project which has run."""
        ran = [one for one in self.projects if has_run(one)]
        if verb in ASKING and ran:
            return [
                (ASKING[verb].format(project=word(project_target(one))), "") for one in ran[:SHOWN]
            ]
        if verb == "report" and ran:
            return [(f"assay report {word(project_target(one))}", "") for one in ran[:SHOWN]]
        if verb in ("list", "annotate", "review", "feedback") and self.projects:
            found = self.projects[:SHOWN]
            return [(f"assay {verb} {word(project_target(one))}", "") for one in found]
        verb = verb if verb in ("check", "init") else "run"
        said = [
            (f"assay {verb} {word(project_target(one))}", "goes on with this project")
            for one in self.projects
        ]
        said += [(f"assay {verb} {word(one)}", "makes a project of this file") for one in self.data]
        return said[:SHOWN]

    def holds(self) -> str:
        """In words."""
        names = [f"the project {project_target(one)}" for one in self.projects[:SHOWN]] + [
            one.name for one in self.data[:SHOWN]
        ]
        if names:
            return f"here are {', '.join(names)}" if len(names) > 1 else f"here is {names[0]}"
        return "no project and no data file is here"


# What asks a project that has run, as it would be typed.
ASKING = {
    "ask": 'assay ask {project} "Your question"',
    "answer": "assay answer {project} NEW-FILE",
    "export": "assay export {project} --to merged",
    "serve": "assay serve {project}",
    "watch": "assay watch {project} LOG",
    "documents": "assay documents {project}",
}


def look(folder: Path) -> Here:
    """What the folder holds; nothing where it cannot be read."""
    names = _names(folder)
    own = folder / PROJECT
    below = [folder / name / PROJECT for name in names if (folder / name / PROJECT).is_file()]
    projects = ([own] if own.is_file() else []) + below
    data = [folder / name for name in names if is_data(name) and (folder / name).is_file()]
    if not projects:
        projects = _above(folder)
    return Here(folder, tuple(projects), tuple(data))


def is_data(name: str) -> bool:
    """Whether a file of this name may hold rows to begin with."""
    bare = name.lower()
    for ending in PACKED:
        bare = bare.removesuffix(ending)
    return bare.endswith(DATA) and not _WRITTEN.fullmatch(name.lower())


def has_run(project: Path) -> bool:
    """Whether a report of the project file is there."""
    return (place(project, "report") / "report.json").is_file()


def word(path: Path) -> str:
    """The path as one word of a shell."""
    return shlex.quote(str(path))


def _names(folder: Path) -> list[str]:
    if not os.access(folder, os.R_OK | os.X_OK) or not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _above(folder: Path) -> list[Path]:
    """The project file of the nearest folder above, as it is typed from here."""
    for levels in range(1, UP + 1):
        found = folder.joinpath(*[".."] * levels) / PROJECT
        if found.is_file():
            return [
                Path(os.path.normpath(found))
                if not folder.is_absolute()
                else Path(os.path.realpath(found))
            ]
    return []


# --- refusals -------------------------------------------------------------------------------------


def not_there(target: Path) -> Problem:
    """D001: what is named is not there. The way out is the nearest name, an address to fetch, a set
    of the hub, or what is here."""
    text = str(target)
    if match := _ADDRESS.fullmatch(text):  # as a `Path` it has lost a slash
        address = f"{match[1]}://{match[2]}"
        name = match[2].partition("?")[0].rstrip("/").rpartition("/")[2] or "data.csv"
        way = (
            f"fetch it first: curl -L -o {shlex.quote(name)} {shlex.quote(address)} && assay run"
            f" {shlex.quote(name)}"
        )
        return Problem("D001", "is an address; rows are read from files", address, help=way)
    folder = target.parent
    if near := nearest(
        target.name, [name for name in _names(folder) if is_data(name) or (folder / name).is_dir()]
    ):
        return Problem(
            "D001",
            "no such file",
            text,
            help=f"{folder / near} is there: assay run {word(folder / near)}",
        )
    there = look(folder)
    if commands := there.commands():
        return Problem("D001", "no such file", text, help=f"{there.holds()}: {commands[0][0]}")
    if _HUB.fullmatch(text) and not folder.is_dir():
        way = f"a data set of the Hugging Face hub is named with hf://: assay run hf://{text}"
        return Problem("D001", "no such file", text, help=way)
    return Problem(
        "D001",
        "no such file",
        text,
        help="name a data file, or a folder with a project.yaml: assay run FILE",
    )


def no_project(folder: Path) -> Problem:
    """D002: a folder without a project file. The way out is the project or the data file that is
    there."""
    there = look(folder)
    names = [name + "/" * (folder / name).is_dir() for name in _names(folder)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    holds = f"it holds {', '.join(names[:5])}{more}" if names else "it is empty"
    ways = [command for command, _ in there.commands()]
    way = (
        f"name a project or a data file: {ways[0]}"
        if ways
        else "go to where your rows are: cd FOLDER && assay run FILE"
    )
    return Problem("D002", f"has no project.yaml; {holds}", str(folder), help=way)


def with_project(target: Path) -> Path:
    """What somebody named who asks a project: a folder without one is refused, whatever data it
    holds, for nothing is begun by asking.

    Raises:
        DataError: D002.
    """
    if target.is_dir() and not (target / PROJECT).is_file():
        raise DataError(no_project(target))
    return target


def lines(there: Here) -> list[str]:
    """What to type here, as it is shown: a line a command."""
    commands = there.commands()
    if there.projects and has_run(there.projects[0]):
        project = word(project_target(there.projects[0]))
        commands = [
            (f"assay report {project}", "shows its newest report"),
            (f'assay ask {project} "Your question"', "asks what it recommends"),
            *commands,
        ]
    if not commands:
        return [
            "No project and no data file is here. Go to where your rows are and name the file:",
            "  assay run FILE",
        ]
    width = max(len(command) for command, _ in commands)
    return [f"Here {there.holds().removeprefix('here ')}:", *_table(commands, width)]


def _table(commands: Sequence[tuple[str, str]], width: int) -> list[str]:
    return [f"  {command:<{width}}  {does}".rstrip() for command, does in commands]
