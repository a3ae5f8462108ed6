"""Matthews' coefficient by hand."""

import math

import pytest

from assay.core.types import Task
from assay.evaluation.scoring import judge
from helpers.answer_records import records


def test_mcc_of_two_labels_is_matthews_own_formula():
    # TP 6, TN 3, FP 1, FN 2: (6*3 - 1*2) / sqrt(7 * 8 * 4 * 5) = 16 / sqrt(1120)
    targets, texts = "a" * 8 + "b" * 4, "a" * 6 + "b" * 2 + "b" * 3 + "a"
    scores = judge(records(targets, texts), Task(kind="classify", labels=("a", "b"), metric="mcc"))
    assert scores.values["mcc"] == pytest.approx(16 / math.sqrt(1120))
    # One row has no correlation: rows are told apart by right and wrong.
    assert scores.of_rows("mcc").tolist() == [
        float(a == b) for a, b in zip(targets, texts, strict=True)
    ]
    assert scores.right("mcc").tolist() == [a == b for a, b in zip(targets, texts, strict=True)]
