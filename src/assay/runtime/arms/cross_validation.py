"""Questions that are training rows, asked by folds: each is answered by a fit of the same strategy
that has not learnt from its fold.

    questions of fold 1 -> fit of the others | ... | the rest -> the fit of all rows
    answers of all in their order -> one stage, as if one fit had answered

The fit of all rows   is what is kept, served and exported. It is made last, and asked what no fold
                      has, and some questions alone, for the time that an answer takes
Stopped               each fold is a stage of its own: what is done is kept
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.core import checksummed_lines, store
from assay.core.errors import Stopped
from assay.core.types import Answer, Example, Strategy
from assay.data.folds import fold_of
from assay.runtime.arms.answer_files import answers_of
from assay.runtime.arms.data_variants import bench_with_data
from assay.runtime.arms.stage_warnings import repeat
from assay.runtime.costs.latency import ROWS

if TYPE_CHECKING:
    from assay.runtime.arms.runner import Bench


def run_by_fold(
    bench: Bench,
    name: str,
    strategy: Strategy,
    questions: Sequence[Example],
    hash: str,
    seconds: float | None = None,
    **how: Any,
) -> None:
    """As `Bench.run`; of a project with folds, a question that is a training row, as it came or
    changed, is answered by a fit that has not learnt from its fold.

    Raises:
        AssayError: as `Bench.run`. Stopped: the user interrupted, or the time is over.
    """
    folds = bench.prepared.folds
    asks = any(fold_of(one, folds) is not None for one in questions)
    if not asks or "train" not in strategy.reads:
        bench.run(name, strategy, questions, hash, seconds, **how)
    else:
        _run_folds(bench, name, strategy, questions, hash, seconds, **how)


def _run_folds(
    bench: Bench,
    name: str,
    strategy: Strategy,
    questions: Sequence[Example],
    hash: str,
    seconds: float | None,
    **how: Any,
) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    folds = bench.prepared.folds
    count = 1 + max(folds.values())
    places: dict[int | None, list[int]] = {}
    for at, question in enumerate(questions):
        places.setdefault(fold_of(question, folds), []).append(at)
    answers: dict[int, Answer] = {}
    notes: list[dict[str, Any]] = []
    for fold in sorted(one for one in places if one is not None):
        one, label = fold_bench(bench, fold), f"{name}, fold {fold + 1} of {count}"
        asked = tuple(questions[at] for at in places[fold])
        own = how | {"alone": False}
        note, given = _ask(one, label, strategy, asked, f"{hash}-{fold}", until, **own)
        notes.append(note)
        answers |= dict(zip(places[fold], given, strict=True))
        if bench.hear_fold is not None:
            bench.hear_fold(answers, len(notes) / (count + 1))
    rest = places.get(None, [])
    asked = tuple(questions[at] for at in rest)
    if not asked and how.get("alone"):
        asked = tuple(questions[:ROWS])
    label = f"{name}, on all rows"
    note, given = _ask(bench, label, strategy, asked, f"{hash}-all", until, **how)
    if rest:
        notes.append(note)
        answers |= dict(zip(rest, given, strict=True))
    _keep(bench, strategy, hash, [answers[at] for at in range(len(questions))], notes, note)


def fold_bench(bench: Bench, fold: int) -> Bench:
    """The bench over the training rows that are not in this fold."""
    folds = bench.prepared.folds
    left = [row for row in bench.prepared.examples("train") if fold_of(row, folds) != fold]
    return bench_with_data(bench, f"fold {fold}", train=left, folds=False)


def _ask(
    bench: Bench,
    label: str,
    strategy: Strategy,
    questions: Sequence[Example],
    hash: str,
    until: float | None,
    **how: Any,
) -> tuple[dict[str, Any], list[Answer]]:
    """The note and the answers of one stage, which is run unless it is there."""
    if bench.state(strategy, hash) != "cached":
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise Stopped(15)
        bench.run(label, strategy, questions, hash, left, **how)
    else:
        repeat(bench.stage(strategy, hash).completion_note(), bench.tell)
    stage = bench.stage(strategy, hash)
    return stage.completion_note() or {}, answers_of(stage.folder / "answers.jsonl")


def _keep(
    bench: Bench,
    strategy: Strategy,
    hash: str,
    answers: Sequence[Answer],
    notes: Sequence[dict[str, Any]],
    last: dict[str, Any],
) -> None:
    """The stage of all questions, as a worker would have left it."""
    stage = bench.stage(strategy, hash)
    folder = stage.open()
    lines = (checksummed_lines.seal(answer.to_json()) for answer in answers)
    store.write_lines(folder / "answers.jsonl", lines)
    watts = [note["watts"] for note in notes if note.get("watts") is not None]
    stage.finish(
        {
            "seconds": sum(note.get("seconds", 0.0) for note in notes),
            "n": len(answers),
            "peak_bytes": max(note.get("peak_bytes", 0) for note in notes),
            "fit": last.get("fit"),
            "watts": sum(watts) / len(watts) if watts else None,
            "alone": last.get("alone"),
            "warnings": [said for note in notes for said in note.get("warnings", ())],
            "contention": max(
                (note["contention"] for note in notes if note.get("contention")),
                key=lambda one: one["lost"] or 0.0,
                default=None,
            ),
        }
    )
