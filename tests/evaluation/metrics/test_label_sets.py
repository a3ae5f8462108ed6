import random

import pytest
from sklearn.metrics import accuracy_score, f1_score, jaccard_score
from sklearn.preprocessing import MultiLabelBinarizer

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.scoring import judge
from assay.tasks.label_sets import format_labels

LABELS = tuple("abcdef")
TASK = Task(kind="multilabel", labels=LABELS)
QUESTION = Example("r", (Message("user", "?"),))


def sets(n, seed):
    draw = random.Random(seed)
    return [[label for label in LABELS if draw.random() < 0.3] for _ in range(n)]


def records(targets, answers):
    return [
        Record(
            QUESTION, format_labels(target), (), Answer(None if one is None else format_labels(one))
        )
        for target, one in zip(targets, answers, strict=True)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_they_agree_with_scikit_learn(seed):
    targets, answers = sets(80, seed), sets(80, seed + 100)
    values = judge(records(targets, answers), TASK).values
    binary = MultiLabelBinarizer(classes=list(LABELS))
    ours, theirs = binary.fit_transform(targets), binary.transform(answers)
    assert values["micro_f1"] == pytest.approx(f1_score(ours, theirs, average="micro"), abs=1e-6)
    assert values["macro_f1"] == pytest.approx(f1_score(ours, theirs, average="macro"), abs=1e-6)
    assert values["subset_accuracy"] == pytest.approx(accuracy_score(ours, theirs), abs=1e-6)
    expected = jaccard_score(ours, theirs, average="samples", zero_division=1)
    assert values["jaccard"] == pytest.approx(expected, abs=1e-6)


def test_an_unreadable_answer_misses_its_target_and_meets_no_empty_set():
    values = judge(records([["a", "b"], [], []], [None, None, []]), TASK).values
    assert values["micro_f1"] == 0
    assert values["subset_accuracy"] == values["jaccard"] == pytest.approx(1 / 3)


def test_of_several_accepted_sets_the_one_that_is_met_counts():
    record = Record(QUESTION, "a | b", ("c", "none"), Answer("c"))
    assert set(judge([record], TASK).values.values()) == {1.0}
