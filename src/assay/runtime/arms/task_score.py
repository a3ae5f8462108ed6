"""What answers score by the task's own metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.core.types import Adapted, Answer, Example, Record, Task
from assay.runtime.arms.answer_likelihoods import METRICS, PairReader


def val_score(
    adapted: Adapted,
    val: Sequence[Example],
    task: Task,
    work: Path | None = None,
    pairs: PairReader | None = None,
) -> float:
    """The task's own metric on rows of val; higher is better. `pairs`: reads pairs of answers."""
    from assay.evaluation.scoring import metrics_for

    if pairs is not None and task.metric in METRICS:  # nothing need be written
        questions = [example.question for example in val]
        return task_score(val, pairs.read(adapted, questions, [Answer(None)] * len(val)), task)
    ask = adapted.answer if metrics_for(task)[0].reads_scores else adapted.answer_text
    return task_score(val, ask([example.question for example in val]), task, work)


def task_score(
    rows: Sequence[Example], answers: Sequence[Answer], task: Task, work: Path | None = None
) -> float:
    """The task's own metric of answers to these rows; higher is better. `work`: where programs'
    outcomes are kept."""
    from assay.evaluation.scoring import judge, metrics_for
    from assay.runtime.execution import execute_answers

    pairs = zip(rows, answers, strict=True)
    records = [Record(e.question, e.target or "", e.also, a, checks=e.checks) for e, a in pairs]
    if work is not None:
        records = execute_answers(records, task, work)
    metric = metrics_for(task)[0]
    value = judge(records, task).values[metric.name]
    return value if metric.higher_is_better else -value
