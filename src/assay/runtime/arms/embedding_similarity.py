"""How alike answers and targets are to a sentence encoder, for the metric embedding_similarity.

How        asked for once the arms have answered, for the metric is given records, not models: pairs
           of texts go to the encoder in a process of its own, and the cosines are a cached stage
Costs      each different text is read once by an encoder of 22 million parameters
Targets    this process needs them, and runs no strategy's code; its pairs lie under `exam/`, where
           no arm is sent
Watch out  only where the project names the metric: the encoder must be at hand then
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core import store
from assay.core.types import Record, Strategy, Task
from assay.evaluation.scoring import metrics_for

if TYPE_CHECKING:
    from assay.runtime.arms.job import Job
    from assay.runtime.arms.runner import Bench

METRIC = "embedding_similarity"
VERSION = 1  # raise it when the same texts give other cosines


def needs_similarity(task: Task) -> bool:
    """Whether the metric is shown."""
    return any(metric.name == METRIC for metric in metrics_for(task))


def strategies(task: Task) -> list[Strategy]:
    """A strategy that needs the encoder, so that it is brought to this machine."""
    from assay.strategies.baselines.neighbours import Neighbours

    return [Neighbours()] if needs_similarity(task) else []


def add_similarities(bench: Bench, records: Sequence[Record]) -> list[Record]:
    """The records with `alike` filled in: the cosine of the answer and the accepted answer nearest
    to it. An answer without text has 0.

    Raises:
        AssayError: as the worker.
    """
    pairs = [pairs_of(record) for record in records]
    flat = [pair for some in pairs for pair in some]
    found = dict(zip(flat, cosines(bench, flat), strict=True))
    best = [max((found[pair] for pair in some), default=0.0) for some in pairs]
    return [replace(record, alike=value) for record, value in zip(records, best, strict=True)]


def pairs_of(record: Record) -> list[tuple[str, str]]:
    """The answer with each accepted one; nothing for an answer without text."""
    text = record.answer.text
    return (
        [(text, target) for target in (record.target, *record.also)]
        if text and text.strip()
        else []
    )


def cosines(bench: Bench, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The cosine of each pair of texts; a cached stage."""
    [strategy] = strategies(bench.prepared.task)
    digests = {name: bench.models[name]["digest"] for name in strategy.needs(bench.project.model)}
    key = store.digest(["alike", VERSION, digests, bench.numeric, [list(pair) for pair in pairs]])[
        :20
    ]
    stage = store.Stage(bench.project.exam, "alike", key, bench.tell)
    if stage.completion_note() is None:
        folder = stage.open()
        store.write_lines(folder / "pairs.jsonl", (list(pair) for pair in pairs))
        request = {**bench.request(strategy), "mode": "alike", "alike_key": key}
        bench.launch(folder, request | {"exam": str(bench.project.exam.absolute())}, METRIC)
    return list(store.read_lines(stage.folder / "cosines.jsonl"))


def read_pairs(job: Job) -> None:
    """Runs in the worker: embed each different text once, keep a cosine for each pair."""
    stage = store.Stage(Path(job.request["exam"]), "alike", job.request["alike_key"])
    pairs = [tuple(pair) for pair in store.read_lines(stage.folder / "pairs.jsonl")]
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    place = {text: index for index, text in enumerate(texts)}
    vectors = job.embed(texts) if texts else []
    found = [float(vectors[place[first]] @ vectors[place[second]]) for first, second in pairs]
    store.write_lines(
        stage.folder / "cosines.jsonl", (round(min(1.0, max(-1.0, value)), 6) for value in found)
    )
    stage.finish({"pairs": len(pairs)})
