"""Options and candidates by the cosine with the question, on vectors that are written down here."""

import numpy as np
import pytest

from assay.core.types import Example, Lesson, Means, Message, Task
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.similarity import Similarity
from assay.tasks.options import question_with_options

VECTORS = {"q": (1.0, 0.0), "near": (0.8, 0.6), "far": (0.6, 0.8), "off": (0.0, 1.0)}
CHOOSE = Task(kind="choose", labels=("A", "B", "C"))
RANK = Task(kind="rank")


def embed(texts):
    return np.array([VECTORS[text] for text in texts], dtype=np.float32)


def answer(task, *rows):
    asked = [
        Example(
            f"r{at}",
            (Message("user", "q" if task is RANK else question_with_options("q", options)),),
            options=options,
        )
        for at, options in enumerate(rows)
    ]
    return Similarity().fit(Lesson(task, means=Means(embed=embed))).answer(asked)


def test_candidates_stand_by_falling_cosine():
    one, other = answer(RANK, ("off", "near", "far"), ("far", "off"))
    assert (one.text, one.scores) == ("2 3 1", (0.0, 0.8, 0.6))
    assert (other.text, other.scores) == ("1 2", (0.6, 0.0))


def test_the_nearest_option_is_chosen_and_sure_by_the_softmax_of_20_cosines():
    one, other = answer(CHOOSE, ("far", "near"), ("near", "off", "far"))
    assert one.text == "B" and one.confidence == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-5)
    assert other.text == "A" and other.scores[:3] == pytest.approx((16, 0, 12), abs=1e-5)


def test_of_equals_the_first_and_of_none_no_answer():
    assert answer(CHOOSE, ("near", "near"))[0].text == "A"
    assert answer(CHOOSE, ())[0].text is None and answer(CHOOSE) == []


def test_it_comes_back_without_rows(tmp_path):
    lesson = Lesson(RANK, means=Means(embed=embed))
    arm = Similarity().fit(lesson)
    arm.save(tmp_path)
    row = Example("r", (Message("user", "q"),), options=("off", "near"))
    assert Similarity().restore(tmp_path, lesson).answer([row]) == arm.answer([row])


def test_other_kinds_are_refused_and_knn_names_it_for_candidates():
    assert [one.code for one in Similarity().unfit(Task(kind="answer"))] == ["T057"]
    assert not [*Similarity().unfit(RANK)] and not [*Similarity().unfit(CHOOSE)]
    (problem,) = Neighbours().unfit(RANK)
    assert problem.code == "T057" and "similarity" in problem.help
    assert not [*Neighbours().unfit(CHOOSE)]
