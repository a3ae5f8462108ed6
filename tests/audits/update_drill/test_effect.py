"""What a change did to the answers, on answers that are given by hand."""

import pytest

from assay.audits.update_drill.changes import DataChange, DrillData
from assay.audits.update_drill.effect import DrillQuestions, measure_update
from assay.core.types import Answer, Example, Message, Task

EMPTY = DrillData((), ())


def rows(*targets):
    return tuple(
        Example(f"r{i}", (Message("user", f"question {i}"),), target)
        for i, target in enumerate(targets)
    )


def asked(changed, unchanged, kind="answer", ends=False):
    change = DataChange(
        "topic" if ends else "facts", EMPTY, EMPTY, rows(*changed), rows(*unchanged), ends=ends
    )
    return DrillQuestions(
        change, Task(kind=kind, labels=("a", "b", "13:15") if kind == "classify" else ()), 0.95, 1
    )


def answers(*texts):
    return [Answer(text) for text in texts]


def test_the_first_right_answer_is_one_that_was_not_right_before():
    before = answers("18:30", "8 euros", "x", "y", "z")
    after = answers("18:30", "8 euros", "The 13:15 one.", "y", "w")
    found = measure_update(
        asked(["13:15", "8 euros", "13:15"], ["y", "z"]), before, after, [2.0, 2.5, 3.0, 9.0, 9.0]
    )
    # The second was right before; the third says the new value among other words.
    assert found["times"] == {"first_answer": 2.0, "first_right": 3.0}
    assert (found["changed"]["open"], found["changed"]["taken"]) == (2, 1)
    # by the metric, which wants the value alone
    assert found["changed"]["after"]["value"] == pytest.approx(1 / 3)
    assert found["unchanged"]["before"] == 1 and found["unchanged"]["after"] == 0.5
    assert (found["unchanged"]["lost"], found["unchanged"]["gained"]) == (1, 0)


def test_a_label_is_equal_or_not():
    found = measure_update(
        asked(["13:15"], ["a", "b"], "classify"),
        answers("a", "a", "b"),
        answers("b", "a", "b"),
        [1.0] * 3,
    )
    assert found["times"]["first_right"] is None and found["changed"]["taken"] == 0
    assert found["unchanged"]["difference"] == 0


def test_what_was_withdrawn_is_gone_when_the_old_answer_is_not_said():
    told = asked(["13:15", "13:15", "13:15"], ["y"], ends=True)
    found = measure_update(
        told,
        answers("At 13:15.", "no", "13:15", "y"),
        answers("unknown", "no", "at 13:15", "y"),
        [1, 2, 3, 4],
    )
    assert (found["changed"]["open"], found["changed"]["taken"], found["times"]["first_right"]) == (
        2,
        1,
        1,
    )
    assert found["changed"]["before"]["value"] == pytest.approx(1 / 3)
    assert found["changed"]["after"]["value"] == pytest.approx(2 / 3)
    assert found["unchanged"] is None  # one question is no comparison
