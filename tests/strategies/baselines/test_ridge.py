"""Estimates of numbers: scikit-learn's own on the same columns, what the folds choose, and how an
answer is written."""

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Answer, Example, Lesson, Means, Message, Record, Task
from assay.evaluation.scoring import judge
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.ridge import RidgeRegression

TASK = Task(kind="number", metric="mean_absolute_error")
ROOMS = {"one": 1, "two": 2, "three": 3, "four": 4}
PLACES = {"centre": 900, "suburb": 500, "village": 300}


def row(number, text, target):
    return Example(f"r{number}", (Message("user", text),), target)


def flats(n):
    """A rent that is a sum of what each word brings."""
    rows = []
    for i in range(n):
        (rooms, many), (place, base) = (
            list(ROOMS.items())[i % 4],
            list(PLACES.items())[(i // 4) % 3],
        )
        rows.append(
            row(
                i,
                f"a flat with {rooms} rooms in the {place} number {i * 37 % 101}",
                str(base + 200 * many),
            )
        )
    return rows


def lesson(rows, task=TASK):
    return Lesson(
        task,
        tuple(rows),
        means=Means(seed=3),
        judge=lambda some, said: task_score(some, said, task),
    )


def error(arm, rows):
    return -task_score(rows, arm.answer([one.question for one in rows]), TASK)


@pytest.mark.slow
def test_it_learns_what_words_are_worth_and_comes_back_from_its_files(tmp_path):
    rows = flats(96)
    train, test = rows[:72], rows[72:]
    arm = RidgeRegression().fit(lesson(train))
    assert error(arm, test) < 50 < 250 < error(Majority().fit(lesson(train)), test)
    arm.save(tmp_path)
    answers = arm.answer(test)
    assert all(answer.text.isdigit() for answer in answers)  # whole, as those of train
    assert RidgeRegression().restore(tmp_path, lesson(())).answer(test) == answers


@pytest.mark.slow
def test_its_weights_are_those_of_scikit_learn():
    from sklearn.linear_model import Ridge

    rows = flats(8)  # too few for folds: alpha 1, the numbers as they are
    arm = RidgeRegression().fit(lesson(rows))
    matrix = arm.features([r.text for r in rows]).astype(np.float64)
    model = Ridge(alpha=1.0, solver="cholesky").fit(
        matrix.toarray(), [float(r.target) for r in rows]
    )
    assert np.allclose(arm.weights, model.coef_, rtol=1e-3, atol=0.02)  # found by iteration
    assert arm.bias == pytest.approx(model.intercept_, rel=1e-4)


def test_rows_without_a_number_are_a_named_error_and_other_kinds_are_refused():
    with pytest.raises(TrainError) as caught:
        RidgeRegression().fit(lesson([row(1, "a flat", "cheap")]))
    assert [problem.code for problem in caught.value.problems] == ["T002"]
    assert [problem.code for problem in RidgeRegression().unfit(Task(kind="answer"))] == ["T057"]


def test_the_mean_absolute_error_is_that_of_scikit_learn():
    from sklearn.metrics import mean_absolute_error

    targets, said = [3.0, -2.5, 1000, 7], [2.5, 0.0, 1200, 7]
    records = [
        Record(row(i, "?", None), f"{target:g}", (), Answer(f"about {answer:g}"))
        for i, (target, answer) in enumerate(zip(targets, said, strict=True))
    ]
    assert judge(records, TASK).values["mean_absolute_error"] == pytest.approx(
        mean_absolute_error(targets, said)
    )
    odd = [
        Record(row(8, "?", None), "5", ("9",), Answer("8")),  # the nearest accepted number: 1
        Record(row(9, "?", None), "5", (), Answer("no idea")),  # counts as 0: 5
        Record(row(10, "?", None), "none", (), Answer("3")),  # no target: left out
    ]
    assert judge(odd, TASK).values["mean_absolute_error"] == 3
