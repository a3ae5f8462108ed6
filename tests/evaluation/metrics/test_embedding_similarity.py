"""A mean of cosines that an encoder has given."""

import math

from assay.core.types import Answer, Record, Task
from assay.evaluation.scoring import judge
from helpers.answer_records import QUESTION


def test_alike_is_a_mean_over_the_rows_that_were_asked_about():
    rows = [Record(QUESTION, "x", (), Answer("y"), (), alike) for alike in (0.5, 0.9, None)]
    assert (
        judge(rows, Task(kind="answer", metrics=("embedding_similarity",))).values[
            "embedding_similarity"
        ]
        == 0.7
    )
    silent = judge(rows[2:], Task(kind="answer", metrics=("embedding_similarity",)))
    assert math.isnan(silent.values["embedding_similarity"])
