"""Runs in the worker: an arm takes a change in, and answers; when each answer was there is kept
beside it.

Clock      seconds since the parent started this process: Python's own start, loading, the update,
           the answers. A fit that was done in an earlier run, or over several processes, counts
           with what it took then
Order      the changed questions come first, one by one, so that the first right answer is not held
           up by a batch
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core import store
from assay.core.types import Adapted, Answer, Document, Example
from assay.runtime.costs.usage import peak_bytes
from assay.runtime.data_stage.split_files import read_examples

if TYPE_CHECKING:
    from assay.runtime.arms.job import Job

ALONE = 8  # questions asked one by one
CHUNK = 256  # and then so many between two looks at the clock
TIMES = ("start", "load", "update")


def drill(job: Job) -> None:
    """The update that the request names, and the answers to its questions."""
    request = job.request
    stage = store.Stage(job.work, "drill", request["drill_key"])
    questions = read_examples(Path(request["questions"]))
    start = time.monotonic() - request["begun"]
    adapted, load, update = (
        reindex_documents(job, stage.open()) if request["way"] == "reindexed" else refit(job)
    )
    rows = time_answers(adapted, questions, start + load + update, job.tell)
    store.write_lines(
        stage.folder / "answers.jsonl", ([at, answer.to_json()] for at, answer in rows)
    )
    times = dict(zip(TIMES, (start, load, update), strict=True))
    stage.finish(
        {**{name: round(took, 3) for name, took in times.items()}, "peak_bytes": peak_bytes()}
    )


def reindex_documents(job: Job, folder: Path) -> tuple[Adapted, float, float]:
    """The arm as it was before, with documents put and dropped; seconds to load it, and to change
    its documents."""
    from assay.strategies.retrieval.library import Library
    from assay.strategies.retrieval.rag import RagAnswers

    change, began = job.request["documents"], time.monotonic()
    arm = job.strategy.restore(
        store.Stage(job.work, "fit", job.request["before"]).folder / "arm", job.lesson(rows=False)
    )
    assert isinstance(arm, RagAnswers), "only what reads documents is indexed anew"
    log = folder / "updates.jsonl"
    log.unlink(missing_ok=True)  # of a process that was killed
    loaded = time.monotonic()
    library = Library(arm, log)
    if change["put"]:
        library.put([Document.from_json(row) for row in change["put"]])
    if change["drop"]:
        library.drop(change["drop"])
    return library.arm(), loaded - began, time.monotonic() - loaded


def refit(job: Job) -> tuple[Adapted, float, float]:
    """The arm fitted on the data of the request, from the weights of the one before where that is
    asked for. Loading is part of a fit, and not told apart."""
    lesson = job.lesson()
    if job.request["way"] == "continued":
        lesson = replace(
            lesson, start=store.Stage(job.work, "fit", job.request["before"]).folder / "arm"
        )
    adapted, note = job.fit_or_load(job.strategy, lesson, job.request["fit_key"])
    return adapted, 0.0, note["seconds"]


def time_answers(
    adapted: Adapted, questions: tuple[Example, ...], ready: float, tell: Callable[[dict], None]
) -> list[tuple[float, Answer]]:
    """(seconds since the change, answer) of each question.

    Args:
        ready: seconds since the change at which the arm could be asked.
    """
    out: list[tuple[float, Answer]] = []
    began = time.monotonic()
    while len(out) < len(questions):
        size = 1 if len(out) < ALONE else CHUNK
        answers = adapted.answer(questions[len(out) : len(out) + size])
        at = round(ready + time.monotonic() - began, 3)
        out += [(at, answer) for answer in answers]
        tell({"event": "progress", "done": len(out), "total": len(questions), "unit": "answer"})
    return out
