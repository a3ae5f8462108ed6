"""Vectors in the plane, so that every similarity is a cosine one can read off."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from assay.core.types import Example, Lesson, Means, Message, Task
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.neighbours import MIDDLES, Neighbours
from helpers.label_sets import LESSON as SETS
from helpers.label_sets import ROWS
from helpers.letters import letters


def embed(texts):
    """The text is an angle in degrees."""
    angles = np.radians([float(text) for text in texts], dtype=np.float32).reshape(-1)
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def rows(*pairs):
    return tuple(
        Example(f"r{i}", (Message("user", str(a)),), target) for i, (a, target) in enumerate(pairs)
    )


TRAIN = rows((0, "a"), (30, "b"), (60, "b"), (180, "c"))
LESSON = Lesson(
    Task(kind="classify", labels=("a", "b", "c")), train=TRAIN, means=Means(embed=embed)
)


def ask(arm, *angles):
    return arm.answer(rows(*((angle, None) for angle in angles)))


def test_neighbours_vote_by_their_similarity():
    (answer,) = ask(Neighbours(k=3).fit(LESSON), 10)
    votes = {
        "a": math.cos(math.radians(10)),
        "b": math.cos(math.radians(20)) + math.cos(math.radians(50)),
    }
    assert answer.text == "b"
    assert answer.confidence == pytest.approx(votes["b"] / sum(votes.values()), abs=1e-3)


def test_one_neighbour_is_the_nearest():
    assert [answer.text for answer in ask(Neighbours(k=1).fit(LESSON), 10, 40, 170)] == [
        "a",
        "b",
        "c",
    ]


def test_a_neighbour_on_the_other_side_does_not_vote_against():
    # 180 degrees away the cosine is -1: it must not take anything from the others.
    (answer,) = ask(Neighbours(k=4).fit(LESSON), 0)
    assert (answer.text, min(answer.scores) < -10) == ("b", True)


def test_equal_neighbours_keep_the_order_of_the_rows():
    twice = replace(LESSON, train=rows((20, "b"), (-20, "a")))
    assert ask(Neighbours(k=1).fit(twice), 0)[0].text == "b"
    assert ask(Neighbours(k=1).fit(replace(twice, train=twice.train[::-1])), 0)[0].text == "a"


def test_more_neighbours_than_rows():
    assert ask(Neighbours(k=100).fit(LESSON), 45)[0].text == "b"


def test_free_answers_are_the_nearest_rows():
    arm = Neighbours().fit(replace(LESSON, task=Task(kind="answer")))
    (answer,) = ask(arm, 170)
    assert (answer.text, answer.confidence) == (
        "c",
        pytest.approx(math.cos(math.radians(10)), abs=1e-4),
    )
    assert arm.answer([]) == []


def test_written_answers_that_agree_are_given_where_train_says_so(tmp_path):
    # At even angles stands one answer with a word changed, at odd ones something else each time.
    common = [f"please restart the router and wait {n} minutes" for n in range(6)]
    told = [text for n in range(6) for text in (common[n], f"odd{n}")]
    many = rows(*((angle, text) for angle, text in enumerate(told)))

    def judge(some, answers):
        return sum((answer.text or "").startswith("please") for answer in answers)

    given = replace(LESSON, task=Task(kind="answer"), train=many, judge=judge)
    arm = Neighbours().fit(given)
    said = ask(arm, 1, 5)
    assert all(answer.text.startswith("please") for answer in said)
    arm.save(tmp_path)
    assert ask(Neighbours().restore(tmp_path, given), 1, 5) == said
    nearest = Neighbours().fit(replace(given, judge=lambda some, answers: 0.0))
    assert [answer.text for answer in ask(nearest, 1, 5)] == ["odd0", "odd2"]


def test_neighbours_name_what_most_of_them_have(tmp_path):
    lesson = replace(SETS, means=Means(embed=letters))
    arm = Neighbours(k=3).fit(lesson)
    (answer,) = arm.answer([ROWS[9].question])
    assert set((answer.text or "").split(" | ")) <= {*lesson.task.labels, "none"}
    (same,) = Neighbours(k=1).fit(lesson).answer([ROWS[9].question])
    assert same.text == ROWS[9].target
    arm.save(tmp_path)
    assert Neighbours(k=3).restore(tmp_path, lesson).answer([ROWS[9].question]) == [answer]


def test_how_numbers_of_near_rows_become_one():
    texts = ["9", "9", "1", "2 + 3\n#### 5", "4", "none"]
    assert (MIDDLES["median"](texts), MIDDLES["mean"](texts)) == ("5", "5.6")
    assert MIDDLES["mean"](["none", "nothing"]) == "none"


@pytest.mark.parametrize(("metric", "middle"), [("mean_absolute_error", "median"), ("r2", "mean")])
def test_the_metric_says_how_they_do(metric, middle, tmp_path):
    """Of five neighbours one is far off: the median has the least distance, the mean the least
    square."""
    train = rows(*((degree, "100" if degree % 5 == 0 else "0") for degree in range(60)))
    task = Task(kind="number", metric=metric)
    lesson = Lesson(task, train, means=Means(embed=embed), judge=partial(task_score, task=task))
    arm = Neighbours().fit(lesson)
    assert arm.middle == middle and arm.near > 1
    arm.save(tmp_path)
    assert ask(Neighbours().restore(tmp_path, lesson), 7, 31) == ask(arm, 7, 31)
