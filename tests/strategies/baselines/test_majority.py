from dataclasses import replace
from functools import partial

import pytest

from assay.core.types import Example, Lesson, Message, Task
from assay.runtime.arms.task_score import task_score
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


def asked(text, options, target=None):
    return Example(text, (Message("user", text),), target, options=tuple(options))


def test_majority_names_a_letter_that_the_question_has():
    task = Task(kind="choose", labels=("A", "B", "C"))
    train = (asked("q", "xyz", "C"), asked("r", "xyz", "C"))
    arm = Majority().fit(Lesson(task, train))
    answers = arm.answer([asked("s", "xy"), asked("t", "xyz")])
    assert [answer.text for answer in answers] == ["A", "C"]


def test_majority_of_worked_solutions_is_their_number():
    rows = [
        Example(f"{i}", (Message("user", f"q {i}"),), f"step {i}\n#### {5 if i else 7}")
        for i in range(3)
    ]
    (answer,) = Majority().fit(Lesson(Task(kind="number"), tuple(rows))).answer([rows[0].question])
    assert answer.text == "5"


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        ({}, "1"),  # the most frequent
        ({"metric": "mean_absolute_error"}, "30"),  # the median of seven
        ({"metric": "r2"}, "29"),  # their mean
        ({"tolerance": 0.5}, "30"),  # within a half of all but the ones
    ],
)
def test_of_numbers_the_metric_says_which_is_the_best_constant(settings, number):
    task = Task(kind="number", **settings)
    targets = ("1", "1", "30", "40", "50", "", "29", "52")
    rows = tuple(Example(f"{i}", (Message("user", "x"),), t) for i, t in enumerate(targets))
    judge = partial(task_score, task=task)
    arm = Majority().fit(Lesson(task, rows, judge=judge))
    assert arm.target == number
