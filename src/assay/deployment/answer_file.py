"""A file's questions answered in pieces: each is on the disk before the next is asked, so a kill
costs one piece.

Where      `work/answers/<key>/`, the key covering the arm and all questions: the same command goes
           on there, another file or another arm begins anew. `work/answering/` notes what each
           output file was begun with, to say so
Counted    `asked.jsonl` has a line for every piece before it is asked. What was asked and not kept
           was lost by a kill
Size       64 questions: as many as are written side by side (models/inference/batch_generation.py),
           so that a piece costs no speed
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import checksummed_lines, store
from assay.core.corrupt_files import silent
from assay.core.types import Answer, Example, Strategy, Tell
from assay.deployment.answer_table import rows_of, table
from assay.deployment.questions import columns_by_place, read_questions
from assay.runtime.arms.answer_files import ASKED, answers_of, recover_lines
from assay.runtime.arms.differences import hearing
from assay.runtime.arms.open import bench_of
from assay.runtime.data_stage.redaction import Veil, key_of
from assay.runtime.latest_report import recommendation_at
from assay.runtime.signals import interruptible

if TYPE_CHECKING:
    from assay.runtime.arms.runner import Bench

PIECE = 64


def answer_questions(
    bench: Bench,
    name: str,
    strategy: Strategy,
    questions: Sequence[Example],
    file: Path,
    out: Path,
    tell: Tell,
) -> tuple[list[Answer], int]:
    """The answers in the order of the questions, and how many questions had to be asked again.

    Raises:
        ResourceError: R003, the same file is being answered by another process. As `Bench.run`.
    """
    from assay.deployment.load import log_of
    from assay.runtime.arms.open import find_fit_stage

    digest = store.digest([q.to_json() for q in questions])[:16]
    # Whether its documents are no longer those that a run would answer from.
    log = log_of(bench, strategy)
    edited = log.exists() or bench.fit_stage(strategy).completion_note() is None
    stage = bench.stage(strategy, digest)
    if edited:
        said = [
            find_fit_stage(bench, strategy).key,
            store.file_digest(log) if log.exists() else "",
            digest,
        ]
        stage = store.Stage(
            bench.project.work, "answers", store.digest(["edited", *said])[:20], tell
        )
    with store.lock(
        bench.project.work / "answering" / f"{stage.key}.lock", f"assay answer {file.name}"
    ):
        _tell_changes(bench, name, file, out, {"questions": digest, "arm": stage.key}, tell)
        if stage.completion_note() is None:
            begun = 0
            if stage.folder.exists():
                begun = recover_lines(stage.folder / "answers.jsonl", len(questions), PIECE, tell)
            if begun:
                text = (
                    f"{begun:,} of {len(questions):,}"
                    " questions were answered before; it goes on there"
                )
                tell({"event": "note", "text": text})
            if edited:
                _here(bench, strategy, stage, questions, tell)
            else:
                bench.run(name, strategy, questions, digest, piece=PIECE)
    return answers_of(stage.folder / "answers.jsonl"), _again(stage.folder, len(questions))


def _here(
    bench: Bench, strategy: Strategy, stage: store.Stage, questions: Sequence[Example], tell: Tell
) -> None:
    """In this process, from documents that were edited since the fit."""
    from assay.deployment.load import LoadedArm

    folder = stage.open()
    file = folder / "answers.jsonl"
    done = recover_lines(file, len(questions), PIECE, tell)
    loaded = LoadedArm(bench, strategy)
    while done < len(questions):
        piece = questions[done : done + PIECE]
        checksummed_lines.add(folder / ASKED, {"from": done, "asked": len(piece)})
        checksummed_lines.add(file, *(answer.to_json() for answer in loaded.answer(piece)))
        done += len(piece)
        tell({"event": "progress", "done": done, "total": len(questions), "unit": "answer"})
    stage.finish({"n": len(questions)})


def _tell_changes(
    bench: Bench, name: str, file: Path, out: Path, mark: dict[str, str], tell: Tell
) -> None:
    """Say that an output file was begun with other questions, or by another arm, and note what it
    is begun with now."""
    note = bench.project.work / "answering" / f"{store.digest(str(out.absolute()))[:16]}.json"
    before = checksummed_lines.one(note, tell) or mark
    if before["questions"] != mark["questions"]:
        text = (
            f"{file.name} has other questions than when {out.name} was begun: all are answered anew"
        )
        tell({"event": "note", "text": text})
    elif before["arm"] != mark["arm"]:
        text = (
            f"{out.name} was begun by another strategy, or {name} was fitted again: all"
            " questions are"
            " answered anew"
        )
        tell({"event": "note", "text": text})
    checksummed_lines.write(note, mark)


def _again(folder: Path, rows: int) -> int:
    """Questions that were asked more than once, of a finished stage."""
    file = folder / ASKED
    pieces = checksummed_lines.rows_without_seal(file) if file.exists() else ()
    return max(0, sum(row["asked"] if isinstance(row, dict) else row[1] for row in pieces) - rows)


def answer_file(
    folder: Path, arm: str, file: Path, out: Path, *, offline: bool = False, tell: Tell = silent
) -> dict[str, Any]:
    """Answer every row of `file` with a fitted arm; a killed run goes on where it was.

    Args:
        arm: the recommended one when "".
        file: any input shape that assay reads; the project's columns are used where the file has
            them.
        out: `.csv` gives a table, anything else JSON lines: id, question, answer, confidence, note
            (abstained, cut, refused, unreadable, or nothing), passages where the arm reads
            documents, and the file's own columns. In the order of the file.

    Returns:
        {"rows", "unparseable", "again", "out", "differs"}; again: questions that were asked once
        more because a kill came before their answers were kept; differs: what is not as it was
        measured (C170), "" where nothing is.
    """
    heard: list[str] = []
    tell = hearing(tell, heard)
    arm = arm or recommendation_at(folder)
    with interruptible():
        bench, strategy = bench_of(folder, arm, offline, tell)
        with Veil(bench.project, key_of(bench.project)):
            questions = read_questions(bench.prepared, bench.project, file)
        tell({"event": "stage", "name": arm, "state": "start"})
        answers, again = answer_questions(bench, arm, strategy, questions, file, out, tell)
        given = columns_by_place(bench.project, file)
        rows = rows_of(questions, answers, flat=out.suffix == ".csv", given=given)
        if out.suffix == ".csv":
            store.write_text(out, table(rows))
        else:
            store.write_lines(out, rows)
        tell({"event": "stage", "name": arm, "state": "done"})
    unread = sum(a.text is None for a in answers)
    return {
        "rows": len(rows),
        "unparseable": unread,
        "again": again,
        "out": str(out),
        "differs": " ".join(heard),
    }
