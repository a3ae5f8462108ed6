"""Answers of which only is known that nobody wants them (KTO's rows with `label: false` and no good
answer beside them): what of them may be learnt.

What it is for   preference training that needs no pairs; they are no training rows, since they have
                 no target, so no other strategy meets them
How              they get the repairs that every question gets; no filter drops them, for filters
                 look for good answers. Rows whose question or group stands in val or test are
                 dropped, and under `by: time` those as new as val
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assay.core.types import Changed, Dropped, Example, Means, Messages, RowStep
from assay.data.leak_audit import audit, repair
from assay.data.parallel.executor import Step
from assay.data.paraphrase_leaks import find_paraphrases
from assay.data.split import Split


def curate_unwanted(
    rows: Sequence[Example],
    val: Sequence[Example],
    test: Sequence[Example],
    *,
    steps: Sequence[Step],
    split: Split,
    means: Means,
) -> list[Example]:
    """The rows that may be learnt, without a target, in input order.

    Args:
        rows: each with `rejected` and no target. val, test: as curated.
    """
    if not rows:
        return []
    means = replace(means, tell=lambda event: None)
    for step in steps:
        if isinstance(step, RowStep) and step.always:
            rows = [row for row in map(_row_after, step.many(rows, means)) if row is not None]
    if split.by == "time":
        rows = _older(rows, [*val, *test])
    pairs = audit(rows, val, test, threshold=split.near, contained=split.contained).pairs
    if isinstance(split.paraphrase, float) and means.embed is not None:
        splits = {"train": rows, "val": val, "test": test}
        pairs = (*pairs, *find_paraphrases(splits, split.paraphrase, means, None).pairs)
    gone = repair(pairs)
    answers: dict[tuple[Messages, str | None], Example] = {}
    for row in rows:
        answers.setdefault((row.messages, row.rejected), row)
    return [row for row in answers.values() if row.id not in gone]


def _row_after(made: Example | Changed | Dropped) -> Example | None:
    if isinstance(made, Dropped):
        return None
    return made.example if isinstance(made, Changed) else made


def _older(rows: Iterable[Example], held: Iterable[Example]) -> list[Example]:
    """Those from before the first row of val and test, where times are known."""
    times = [row.time for row in held if row.time is not None]
    return [row for row in rows if not times or row.time is None or row.time < min(times)]
