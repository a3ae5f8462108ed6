"""The command `assay review`: sheets for a blind rating of two arms, ratings back, win rate,
preference pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from assay.cli.options import (
    Encoding,
    Json,
    Offline,
    ProjectArgument,
    ProjectOption,
    SheetOut,
    Sheets,
    only_project,
    option,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from assay.audits.human_review.review import Review, ReviewSheets, Split

EXAMPLE = "Example: assay review tickets --out rate.csv --reviewers anna,ben"

Pairs = Annotated[Path | None, option("--pairs", "FILE", "Write preference pairs, JSON lines.")]
Arms = Annotated[str, option("--arms", "A,B", "The two; left out: the recommended and its rival.")]
Rows = Annotated[int, option("--rows", "N", "At most so many rows; 60.", min=1)]
Part = Annotated[
    str, option("--split", "NAME", "test (default), val or train; test gives no pairs.")
]
People = Annotated[str, option("--reviewers", "A,B", "A sheet for each of them.")]


def review(
    project: ProjectArgument = None,
    named: ProjectOption = "",
    out: SheetOut = None,
    sheets: Sheets = None,
    pairs: Pairs = None,
    arms: Arms = "",
    rows: Rows = 60,
    split: Part = "test",
    reviewers: People = "",
    encoding: Encoding = "",
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Have people rate two strategies' answers blind.

    Without --out, --in or --pairs it says what they have said so far.
    """
    from assay.audits.human_review.review import Review

    if sum(bool(one) for one in (out, sheets, pairs)) > 1:
        raise UsageError(
            Problem("C060", "--out, --in and --pairs are three things", help="give one of them")
        )
    work = Review.of(only_project("review", project, named), lambda event: warn(event["text"]))
    if sheets:
        new = work.take(sheets, encoding=encoding or None)
        if as_json:
            as_document({"new": new})
        else:
            say(f"taken    {new:,} ratings that were not known")
            say("assay run puts them into the report")
    elif pairs is not None:
        written = work.preferences(pairs)
        if as_json:
            as_document({"pairs": written, "out": str(pairs)})
        else:
            say(f"pairs    {written:,} in {near(pairs.absolute())}")
    elif out is not None:
        names = {"arms": _two(arms), "reviewers": _names(reviewers)}
        _show_sheets(
            work.write(out, rows=rows, split=_split(split), offline=offline, **names), as_json
        )
    else:
        _state(work, as_json)
    return 0


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _two(text: str) -> tuple[str, ...]:
    names = _names(text)
    if names and (len(names) != 2 or names[0] == names[1]):
        raise UsageError(
            Problem(
                "C106",
                f"two different strategies are rated, got '{text}'",
                "--arms",
                help="--arms lora,rag",
            )
        )
    return names


def _split(text: str) -> Split:
    if text not in ("test", "val", "train"):
        raise UsageError(Problem("C073", f"must be test, val or train, got '{text}'", "--split"))
    return text


def _show_sheets(done: ReviewSheets, as_json: bool) -> None:
    if as_json:
        as_document(done.to_json())
        return
    for path, size in done.sheets.items():
        say(f"sheet    {near(path.absolute())}, {size:,} pairs")
    say(
        f"         {done.twice:,} of them come twice, of {done.known:,} the better answer is known;"
        f" {done.alike:,} rows are answered alike and not shown"
    )
    say("fill in the column choice with A, B, tie or bad; then: assay review PROJECT --in SHEET")


def _state(work: Review, as_json: bool) -> None:
    found = work.tally()
    if as_json:
        as_document(found)
        return
    if found is None:
        say("nobody has rated yet: assay review PROJECT --out rate.csv")
        return
    from assay.audits.human_review.section import blocks
    from assay.presentation.json_place import Place
    from assay.presentation.section_text import blocks_text

    for line in blocks_text(blocks(Place({"people": found}))):
        say(line)
