"""The command `assay init`: at most five questions, each with a guess, and a project file with
every guess in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import Json, Offline, argument, flag, option
from assay.cli.outcome import say
from assay.cli.results import as_document, near
from assay.core.command_hints import look, word
from assay.core.errors import did_you_mean, nearest
from assay.core.project_paths import project_target

EXAMPLE = "Example: assay init tickets.csv --yes"
INPUTS = ("text", "question", "input", "messages")  # roles of what is asked, the likeliest first
TARGETS = ("label", "labels", "answer", "entities", "grades", "code")

File = Annotated[str, argument("FILE", "Rows; the only data file here if left out.")]
Yes = Annotated[bool, flag("--yes -y", "Ask nothing: take every guess.")]
Test = Annotated[str, option("--test", "FILE", "Rows to test on; drawn from FILE if left out.")]
Val = Annotated[str, option("--val", "FILE", "Rows to choose on; drawn from FILE if left out.")]
Documents = Annotated[str, option("--documents", "PATH", "Texts that answers may be looked up in.")]
Sets = Annotated[
    list[str] | None, option("--set", "KEY=VALUE", "How rows are read: data.columns.label=stars")
]


def init(
    file: File = "",
    yes: Yes = False,
    test: Test = "",
    val: Val = "",
    documents: Documents = "",
    sets: Sets = None,
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Write a project file with every guess; run nothing."""
    from assay.config.new_project import init as write

    changes = list(sets or ())
    if not yes and not as_json and sys.stdin.isatty():
        file, asked = interview(file, changes, _ask)
        changes = [*asked, *changes]
    project = write(file, test=test, val=val, documents=documents, sets=changes, offline=offline)
    target = word(project_target(project))
    if as_json:
        as_document({"project": str(project), "next": f"assay run {target}"})
        return 0
    say(f"wrote  {near(project.absolute())}: every guess stands in it with its reason")
    say(f"next   assay check {target}  reads the rows and says what is wrong with them")
    say(f"       assay run {target}  compares the strategies")
    return 0


Ask = Callable[[str, str], str]  # (question, guess) -> answer; the guess for an empty one


def _ask(question: str, guess: str) -> str:
    try:
        return input(f"{question} [{guess}] ").strip() or guess
    except EOFError:
        raise typer.Abort from None


def interview(file: str, sets: list[str], ask: Ask) -> tuple[str, list[str]]:
    """At most five questions about a data file; the file and the changes that the answers make.

    Args:
        file: "": it is the first question, where there is not just one.
        sets: what was said on the command line, which is not asked.
    """
    from assay.config.explicit_settings import arguments, parse_row_settings
    from assay.config.new_project import only_file, place_of
    from assay.config.start import BAD_ROWS
    from assay.data.reading.load import load
    from assay.data.reading.read_file import read
    from assay.tasks.kinds import KINDS

    if not file:
        there = look(Path()).data
        file = (
            ask("Which file holds the rows?", there[0].name)
            if len(there) > 1
            else str(only_file(Path()))
        )
    path = Path(file)
    if not path.is_file() or place_of(path).exists():  # `init` says what is wrong with it
        return file, []
    said: list[str] = []
    loaded = load(
        {"data": [path.absolute()]},
        base=Path.cwd(),
        **arguments(parse_row_settings(sets), BAD_ROWS),
    )
    kinds = [kind.name for kind in KINDS]
    if not any(one.startswith(("task.kind=", "aim.kind=")) for one in sets):
        kind = _one_of(ask, f"What is asked of a row? {', '.join(kinds)}", loaded.kind, kinds)
        if kind != loaded.kind:
            said.append(f"task.kind={kind}")
            more = arguments(parse_row_settings([*sets, *said]), BAD_ROWS)
            loaded = load({"data": [path.absolute()]}, base=Path.cwd(), **more)
    fields = list(read(path.absolute(), head=20, base=Path.cwd()).names)
    for roles, question in (
        (INPUTS, "Which field is the input?"),
        (TARGETS, "Which field is the answer?"),
    ):
        role = next((one for one in roles if one in loaded.columns), "")
        if role and not any(one.startswith(f"data.columns.{role}=") for one in sets):
            guess = loaded.columns[role]
            named = _one_of(ask, f"{question} {', '.join(fields[:12])}", guess, [*fields, guess])
            said += [f"data.columns.{role}={named}"] if named != guess else []
    if not any(one.startswith("model=") for one in sets):
        model = ask(
            "Which base model? a name of `assay list models`, a folder, org/name", "smollm2-135m"
        )
        said += [f"model={model}"] if model != "smollm2-135m" else []
    return file, said


def _one_of(ask: Ask, question: str, guess: str, known: list[str]) -> str:
    """An answer that is one of `known`; another is asked for once more, and then the nearest or the
    guess is taken."""
    answer = ask(question, guess)
    if answer in known:
        return answer
    say(f"there is no '{answer}'{did_you_mean(answer, known)}")
    answer = ask(question, nearest(answer, known) or guess)
    return answer if answer in known else nearest(answer, known) or guess
