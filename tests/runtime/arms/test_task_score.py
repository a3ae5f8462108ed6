"""Answers scored by the task's own metric, which says what it reads of them."""

import pytest

from assay.core.types import Adapted, Answer, Example, Message, Task
from assay.runtime.arms.task_score import task_score, val_score

TASK = Task(kind="classify", labels=("card", "card lost", "refund"))


def test_the_higher_the_better_whatever_the_metric():
    rows = [Example(name, (Message("user", name),), target="card") for name in "ab"]
    said = [Answer("card", scores=(-0.1, -3.0, -4.0)), Answer("refund", scores=(-3.0, -3.0, -0.1))]
    assert task_score(rows, said, TASK) == 0.5
    loss = task_score(rows, said, TASK.model_copy(update={"metric": "log_loss"}))
    assert -2 < loss < -1  # 0.1 and 3 nats, and a little for what the others have


@pytest.mark.parametrize(("metric", "read"), [("accuracy", "text"), ("log_loss", "scores")])
def test_a_look_at_val_asks_for_scores_only_where_its_metric_reads_them(metric, read):
    class Told(Adapted):
        def answer(self, questions, tell=None):
            return [Answer("card", scores=(-0.1, -3.0, -4.0)) for _ in questions]

        def answer_text(self, questions, tell=None):
            return [Answer("refund", scores=(-1.0, -1.0, -1.0)) for _ in questions]

        def save(self, folder): ...

    rows = [Example("a", (Message("user", "q"),), target="refund")]
    score = val_score(Told(), rows, TASK.model_copy(update={"metric": metric}))
    assert (score == 1.0) == (read == "text")
