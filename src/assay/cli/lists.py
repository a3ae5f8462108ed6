"""The command `assay list`: the strategies of a project, or what assay has; base models ranked on a
project's rows."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.options import (
    Json,
    Offline,
    Plain,
    ProjectArgument,
    ProjectOption,
    Quiet,
    argument,
    find_project,
    option,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document, show
from assay.cli.usage_errors import line
from assay.core.command_hints import is_data
from assay.core.errors import Problem, UsageError, nearest
from assay.core.project_paths import ENDINGS

EXAMPLE = "Example: assay list strategies"
# What people call a list -> its name here.
CALLED = {
    "arms": "strategies",
    "methods": "strategies",
    "tasks": "kinds",
    "datasets": "formats",
    "base": "models",
}

What = Annotated[str | None, argument("WHAT", "Left out: the project's strategies; see above.")]
Earlier = Annotated[str, typer.Option("--probe", hidden=True)]  # the project to rank models on
Model = Annotated[list[str] | None, option("--model", "NAME", "A model to rank; may be repeated.")]
Rows = Annotated[int, option("--rows", "N", "Rows to ask ranked models; 100.", min=10)]
Shots = Annotated[int, option("--shots", "N", "Examples in a prompt; 4.", min=0, max=64)]


def list_(
    project: ProjectArgument = None,
    what: What = None,
    named: ProjectOption = "",
    earlier: Earlier = "",
    model: Model = None,
    rows: Rows = 100,
    shots: Shots = 4,
    offline: Offline = False,
    as_json: Json = False,
    plain: Plain = False,
    quiet: Quiet = False,
) -> int:
    """List a project's strategies, or what assay has.

    WHAT is steps, augmentations, strategies, models, metrics, kinds or formats. With a project,
    models are ranked on its rows.
    """
    from assay.cli import look

    words, shown = _split_words([one for one in (project, what) if one], named or earlier)
    if earlier:
        if shown != "models":
            text = "--probe is for models"
            raise UsageError(Problem("C060", text, help=line("list", earlier, "models")))
        warn(f"C200 models are ranked by naming a project now: {line('list', earlier, 'models')}")
    if shown and not (words or named or earlier):
        found = look.has(shown)
    else:
        target, _ = find_project("list", words, named or earlier)
        if shown == "models":
            from assay import rank_models
            from assay.cli.display import for_terminal

            names = [
                str(Path(one).absolute()) if Path(one).exists() else one for one in model or ()
            ]
            options = {"rows": rows, "shots": shots, "offline": offline}
            with for_terminal(plain=plain, quiet=quiet, json=as_json) as display:
                ranking = rank_models(target, names, tell=display.tell, **options)
            show(ranking, as_json)
            return 0
        found = look.arms(target)
        found = found if shown in ("", "strategies") else look.has(shown)
    if as_json:
        as_document(found)
    else:
        for told in (
            look.lines(found) if found else ["There are no strategies; name some under compare."]
        ):
            say(told)
    return 0


def _split_words(words: list[str], named: str) -> tuple[list[str], str]:
    """The word that names a project, if any does, and what is listed; "": its strategies.

    Raises:
        UsageError: C203, a word is neither.
    """
    from assay.cli.look import LISTS

    alone = not named and len(words) == 1
    if not words or (alone and Path(words[0]).exists()):
        return words, ""
    if alone and words[0] not in LISTS:
        _refuse_unknown(words[0], LISTS)
        return words, ""
    if words[-1] not in LISTS:
        _refuse_unknown(words[-1], LISTS, always=True)
    return words[:-1], words[-1]


def _refuse_unknown(what: str, lists: tuple[str, ...], *, always: bool = False) -> None:
    """Raises: UsageError: C203, a word that is like the name of a list; with `always` any word."""
    near = CALLED.get(what.lower()) or nearest(what, lists)
    like_a_file = "/" in what or is_data(what) or Path(what).suffix in ENDINGS
    if not always and (like_a_file or not near):
        return
    hint = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(lists)}"
    help = f"assay list {near or 'strategies'}"
    raise UsageError(
        Problem("C203", f"there is no list '{what}', and no such project{hint}", help=help)
    )
