"""The command `assay annotate`: write sheets, take them back, say how far annotators agree, list
what is in dispute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from assay.cli.options import (
    Encoding,
    Json,
    ProjectOption,
    RowsArgument,
    SheetOut,
    Sheets,
    flag,
    only_project,
    option,
)
from assay.cli.outcome import say, warn
from assay.cli.results import as_document, near
from assay.core.errors import Problem, UsageError

if TYPE_CHECKING:
    from assay.data.annotation.agreement import Agreement
    from assay.data.annotation.decisions import Action
    from assay.runtime.data_stage.annotation import Annotation, LabelSheets, SheetImport
    from assay.runtime.data_stage.row_decisions import RowDecisions
    from assay.stats.intervals import Interval

EXAMPLE = "Example: assay annotate tickets --out tasks.csv --annotators anna,ben"
CONFUSED = 5  # pairs of labels that are shown
DOUBTED = 20  # doubtful labels that are shown

Dispute = Annotated[
    Path | None, option("--adjudicate", "FILE", "Write a sheet of the rows in dispute.")
]
People = Annotated[str, option("--annotators", "A,B", "A sheet for each of them.")]
Rows = Annotated[int | None, option("--rows", "N", "At most so many rows.", min=1)]
Overlap = Annotated[
    float,
    option("--overlap", "SHARE", "Rows that all annotators get; 0.2 if left out.", min=0, max=1),
]
Next = Annotated[bool, flag("--next", "The most informative unlabelled rows, best first.")]
Errors = Annotated[bool, flag("--errors", "Rows whose label is likely wrong, worst first.")]
Part = Annotated[str, option("--split", "NAME", "Rows of train, val or test only.")]
Blind = Annotated[bool, flag("--blind", "Leave the current label out of the sheet.")]
Drop = Annotated[list[str] | None, option("--drop", "ROW", "Leave a row out; may be repeated.")]
Keep = Annotated[
    list[str] | None, option("--keep", "ROW", "Keep a row whatever a step says; likewise.")
]
Undo = Annotated[list[str] | None, option("--undo", "ROW", "Undo either; likewise.")]
DropAnnotator = Annotated[
    list[str] | None,
    option("--drop-annotator", "NAME", "Let no vote of this person count; may be repeated."),
]
UndoAnnotator = Annotated[
    list[str] | None, option("--undo-annotator", "NAME", "Let them count again; likewise.")
]
Why = Annotated[str, option("--why", "TEXT", "Why something is dropped or kept, for the ledger.")]
Leave = Annotated[bool, flag("--leave-out", "Take the good lines of a sheet, not the others.")]


def annotate(
    project: RowsArgument = None,
    named: ProjectOption = "",
    out: SheetOut = None,
    sheets: Sheets = None,
    adjudicate: Dispute = None,
    annotators: People = "",
    rows: Rows = None,
    overlap: Overlap = 0.2,
    next_: Next = False,
    errors: Errors = False,
    split: Part = "",
    blind: Blind = False,
    encoding: Encoding = "",
    leave_out: Leave = False,
    drop: Drop = None,
    keep: Keep = None,
    undo: Undo = None,
    drop_annotator: DropAnnotator = None,
    undo_annotator: UndoAnnotator = None,
    why: Why = "",
    as_json: Json = False,
) -> int:
    """Have people label rows; see agreement and disputes.

    Without --out, --in or --adjudicate it says how things stand.
    """
    _one_thing(
        {"--out": out, "--in": sheets, "--adjudicate": adjudicate}
        | {"--drop": drop, "--keep": keep, "--undo": undo}
        | {"--drop-annotator": drop_annotator, "--undo-annotator": undo_annotator},
        {"--next": next_, "--errors": errors},
    )
    from assay.runtime.data_stage.annotation import Annotation

    work = Annotation.of(only_project("annotate", project, named))
    decided: dict[Action, list[str] | None] = {"drop": drop, "keep": keep, "undo": undo}
    people: dict[Literal["drop", "undo"], list[str] | None]
    people = {"drop": drop_annotator, "undo": undo_annotator}
    if any(decided.values()) or any(people.values()):
        from assay.runtime.data_stage.row_decisions import RowDecisions, current_user

        told, by = RowDecisions(work), annotators or current_user()
        new = sum(told.decide(names, do, by, why) for do, names in decided.items() if names)
        new += sum(told.decide_annotators(who, do, by, why) for do, who in people.items() if who)
        _show_decisions(told, new, as_json)
    elif sheets:
        taken = work.take(sheets, encoding=encoding or None, leave_out=leave_out)
        _show_votes(work, taken, as_json)
    elif adjudicate is not None:
        _show_sheets(work.write_disputes(adjudicate), "no row is in dispute", as_json)
    elif out is not None:
        names = [name.strip() for name in annotators.split(",") if name.strip()]
        pick = "errors" if errors else "next" if next_ else "open"
        options: dict[str, Any] = {"rows": rows, "overlap": overlap, "split": split, "blind": blind}
        nothing = {"errors": "no label is likely wrong", "next": "every row has a label or a vote"}
        done = work.write(out, annotators=names, pick=pick, **options)
        _show_sheets(done, nothing.get(pick, "every row has a vote"), as_json)
    elif errors:
        _doubts(work, rows or DOUBTED, as_json)
    else:
        _state(work, as_json)
    return 0


def _one_thing(*groups: dict[str, Any]) -> None:
    for group in groups:
        given = [name for name, value in group.items() if value]
        if len(given) > 1:
            told = f"{' and '.join(given)} are two things"
            raise UsageError(Problem("C060", told, help="give one of them: assay annotate --help"))


def _show_decisions(told: RowDecisions, new: int, as_json: bool) -> None:
    actions = Counter(one.action for one in told.now.values())
    gone = sorted(told.work.dropped)
    if as_json:
        counts = {name: actions[name] for name in ("drop", "keep")}
        as_document({"new": new, **counts, "dropped_annotators": gone})
        return
    say(
        f"decided  {new:,} new; {actions['drop']:,} rows are dropped, {actions['keep']:,} kept"
        f" ({near(told.path)})"
    )
    if gone:
        say(f"         no vote counts of {', '.join(gone)}")
    say(f"then     assay run {near(told.work.project.folder)}")


def _show_sheets(done: LabelSheets, nothing: str, as_json: bool) -> None:
    if as_json:
        as_document(done.to_json())
        return
    if not done.sheets:
        say(f"nothing to write: {nothing}")
        return
    for path, count in done.sheets.items():
        say(f"sheet    {near(path)}  {count:,} rows")
    if done.shared:
        say(f"         {done.shared:,} of them in every sheet, for agreement")
    if done.codebook is not None:
        say(f"labels   {near(done.codebook)}")
    say("Fill in the column label, then: assay annotate PROJECT --in SHEET")


def _show_votes(work: Annotation, taken: SheetImport, as_json: bool) -> None:
    for warning in taken.warnings:
        warn(f"{warning['code']} {warning['text']}")
    for problem in taken.left_out:
        warn(f"left out: {problem}")
    if as_json:
        as_document({**taken.to_json(), "state": _document(work)})
        return
    for place, people in taken.by_sheet.items():
        who = ", ".join(f"{count:,} by {name}" for name, count in people.items()) or "no label"
        say(f"taken    {place}  {who}")
    say(
        f"         {taken.new:,} new votes, {taken.changed:,} of them in place of an earlier"
        f" one; {taken.known:,} known"
    )
    _state(work, False)


def _document(work: Annotation) -> dict[str, Any]:
    gone = {name: one.to_json() for name, one in sorted(work.dropped.items())}
    found = work.agreement().to_json()
    return {"annotations": str(work.path), **work.counts(), "agreement": found, "dropped": gone}


def _state(work: Annotation, as_json: bool) -> None:
    if as_json:
        as_document(_document(work))
        return
    for line in state_lines(work):
        say(line)


def state_lines(work: Annotation) -> Iterator[str]:
    """How the annotation of a project stands, and what to do next."""
    counts = work.counts()
    yield (
        f"rows     {counts['rows']:,}, {counts['unlabelled']:,}"
        f" of them without a label; {counts['voted']:,} with votes: {counts['settled']:,}"
        f" settled, {counts['disputed']:,} in dispute; {counts['replaced']:,} labels set or changed"
    )
    if counts["strays"]:
        yield (
            f"         {counts['strays']:,} votes are about rows that were edited or are gone"
            " and do not count (D088)"
        )
    for name, one in sorted(work.dropped.items()):
        yield f"         no vote of {name} counts: {one.why or 'without a reason'} ({one.by})"
    if counts["voted"]:
        yield from agreement_lines(work.agreement())
    folder = near(work.project.folder)
    if counts["disputed"]:
        yield f"settle the disputes: assay annotate {folder} --adjudicate disputes.csv"
    if counts["voted"] and work.project.annotations is None:
        yield f"to use the votes, set in project.yaml: data: {{annotations: {work.path.name}}}"
    if not counts["voted"]:
        yield f"nobody voted yet: assay annotate {folder} --out tasks.csv"


def agreement_lines(found: Agreement) -> Iterator[str]:
    people = ", ".join(f"{name} {votes:,}" for name, votes in found.annotators.items())
    yield f"votes    {people}; {found.rows:,} rows with two votes or more"
    if found.percent is None:
        return
    yield f"agree    {_format_agreement(found.percent)} of pairs of votes"
    if found.fleiss is not None:
        yield f"         Fleiss' kappa {_format_agreement(found.fleiss)}"
    for level, alpha in found.alpha.items():
        yield f"         Krippendorff's alpha, {level}, {_format_agreement(alpha)}"
    for pair in found.pairs:
        parts = [f"Cohen's kappa {_format_agreement(pair.kappa)}"] if pair.kappa is not None else []
        parts += [f"F1 of pieces {_format_agreement(pair.f1)}"] if pair.f1 is not None else []
        parts.append(f"equal {_format_agreement(pair.percent)}")
        yield f"         {pair.first} ~ {pair.second}, {pair.rows:,} rows: {'; '.join(parts)}"
    if len(found.with_others) > 2:  # of two people the pair says it
        for name, (rows, share) in found.with_others.items():
            same = _format_agreement(share)
            yield f"         {name} with the others, {rows:,} rows: equal {same}"
    for first, second, count in found.confused[:CONFUSED]:
        yield f"         {first} ~ {second}: {count:,} time{'s' * (count > 1)}"


def _format_agreement(found: Interval) -> str:
    if found.value != found.value:
        return "not defined: all votes are one label"
    if found.low != found.low:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _doubts(work: Annotation, most: int, as_json: bool) -> None:
    """The likely label errors, worst first."""
    from assay.data.annotation.confident_learning import rank_doubts

    found = rank_doubts(work.doubts())
    rows = {row.id: row for row in work.rows}
    if as_json:
        lines = [
            {"id": d.id, "label": d.label, "rather": d.other, "margin": d.margin} for d in found
        ]
        as_document(
            [
                line | {"source": rows[line["id"]].source, "text": rows[line["id"]].text}
                for line in lines
            ]
        )
        return
    say(
        f"{len(found):,} of {len(work.label_result.examples):,} labels are likely wrong; worst"
        " first:"
    )
    for d in found[:most]:
        text = " ".join(rows[d.id].text.split())
        cut = text if len(text) <= 70 else text[:69] + "…"
        say(f"{rows[d.id].source}  {d.label}, rather {d.other} ({d.margin:+.2f}): {cut}")
    say("write them to a sheet: assay annotate PROJECT --errors --out doubts.csv")
