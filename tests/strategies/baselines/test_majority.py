from dataclasses import replace

from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.majority import Majority


def lesson(*targets):
    rows = tuple(
        Example(f"r{i}", (Message("user", "x"),), target) for i, target in enumerate(targets)
    )
    return Lesson(Task(kind="classify", labels=tuple(sorted({*targets}))), train=rows)


def test_the_most_frequent_target_wins():
    arm = Majority().fit(lesson("b", "a", "b"))
    assert [answer.text for answer in arm.answer(lesson("a", "a").train)] == ["b", "b"]
    assert arm.model is None


def test_a_tie_goes_to_the_target_that_sorts_first_in_any_order_of_rows():
    rows = lesson("b", "a", "c", "a", "b")
    assert Majority().fit(rows).target == "a"
    assert Majority().fit(replace(rows, train=rows.train[::-1])).target == "a"
