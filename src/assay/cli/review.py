"""The command `assay review`: sheets for a blind rating of two arms, ratings back, win rate,
preference pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from assay.audits.human_review.review import Review, ReviewSheets, Split

EXAMPLE = "Example: assay review tickets --out rate.csv --reviewers anna,ben"

Target = Annotated[
    str, typer.Argument(metavar="TARGET", help="A project folder, a project file or a data file.")
]
File = Annotated[
    Path | None, typer.Option("--out", "-o", help="Write sheets to fill in: .csv or .jsonl.")
]
Back = Annotated[
    list[Path] | None,
    typer.Option("--in", metavar="SHEET", help="Take a filled sheet; may be repeated."),
]
Pairs = Annotated[
    Path | None, typer.Option("--pairs", metavar="FILE", help="Write preference pairs, JSON lines.")
]
Arms = Annotated[
    str,
    typer.Option("--arms", metavar="A,B", help="The two arms; the recommended one and its rival."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, help="At most so many rows.")]
Part = Annotated[
    str, typer.Option("--split", help="Rows of test, val or train; only val and train give pairs.")
]
People = Annotated[
    str, typer.Option("--reviewers", metavar="A,B", help="A sheet for each of them.")
]
Encoding = Annotated[
    str, typer.Option("--encoding", help="Of sheets that are not UTF-8: windows-1252, utf-16.")
]
Offline = Annotated[bool, typer.Option("--offline", help="Use the network for nothing.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def review(
    target: Target = ".",
    out: File = None,
    sheets: Back = None,
    pairs: Pairs = None,
    arms: Arms = "",
    rows: Rows = 60,
    split: Part = "test",
    reviewers: People = "",
    encoding: Encoding = "",
    offline: Offline = False,
    as_json: Json = False,
) -> int:
    """Have people rate two arms' answers side by side, without knowing which is whose.

    Without --out, --in or --pairs it says what they have said so far.
    """
    from assay.audits.human_review.review import Review

    if sum(bool(one) for one in (out, sheets, pairs)) > 1:
        raise UsageError(
            Problem("C060", "--out, --in and --pairs are three things", help="give one of them")
        )
    work = Review.of(target, lambda event: warn(event["text"]))
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
                f"two different arms are rated, got '{text}'",
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
    say("fill in the column choice with A, B, tie or bad; then: assay review TARGET --in SHEET")


def _state(work: Review, as_json: bool) -> None:
    found = work.tally()
    if as_json:
        as_document(found)
        return
    if found is None:
        say("nobody has rated yet: assay review TARGET --out rate.csv")
        return
    from assay.audits.human_review.section import markdown

    for line in markdown({"people": found}):
        say(line)
