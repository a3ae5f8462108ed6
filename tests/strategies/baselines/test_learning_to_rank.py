"""Candidates by a linear model of words and meaning: its columns, and what grades do to its
weights."""

import random

import numpy as np
import pytest

from assay.core.types import Example, Lesson, Means, Message, Task
from assay.retrieval.learned_fusion import START
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.learning_to_rank import LearningToRank, columns
from assay.strategies.baselines.similarity import Similarity
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.linear.word_ranking import WordOrder
from helpers.letters import letters

TASK = Task(kind="rank")
WORDS = "pump lamp door wheel chain roof stove clock fence drain cable valve".split()


def rows(n):
    """The relevant candidate is spelled nearly as the query, the one that shares its word is not
    relevant."""
    draw, made = random.Random(4), []
    for i in range(n):
        one, other = draw.sample(WORDS, 2)
        texts = [f"{one}s and {one}ing", f"the {one} beside the {other} of {i}", f"a {other} {i}"]
        places = draw.sample(range(3), 3)
        grades = " ".join(str(int(place == 0)) for place in places)
        query = (Message("user", f"{one}s {one}ing {one}"),)
        made.append(Example(f"r{i}", query, grades, options=tuple(texts[p] for p in places)))
    return made


def lesson(some):
    means = Means(seed=3, embed=letters)
    return Lesson(
        TASK, tuple(some), means=means, judge=lambda known, said: task_score(known, said, TASK)
    )


def test_grades_move_the_weights_from_where_they_start(tmp_path):
    train, test = rows(40)[:30], rows(40)[30:]
    arm = LearningToRank().fit(lesson(train))
    assert arm.weights != list(START)
    answers = arm.answer([one.question for one in test])
    best = max(
        task_score(test, kind().fit(lesson(train)).answer(test), TASK)
        for kind in (Tfidf, Similarity)
    )
    assert task_score(test, answers, TASK) >= best
    arm.save(tmp_path)
    assert LearningToRank().restore(tmp_path, lesson(())).answer(test) == answers


def test_rows_where_all_or_none_are_relevant_say_nothing():
    even = [Example("e", (Message("user", "pump"),), "1 1", options=("a pump", "a lamp"))]
    none = [Example("n", (Message("user", "pump"),), "0 0", options=("a pump", "a lamp"))]
    assert LearningToRank().fit(lesson([*even, *none])).weights == list(START)


def test_columns_have_mean_0_and_deviation_1_and_the_cosine_is_among_them():
    (one,) = rows(1)
    (made,) = columns(WordOrder.of([one]), [one], Means(embed=letters))
    assert made.shape == (3, 5)
    assert np.allclose(made.mean(0), 0) and np.allclose(made.std(0), 1)
    cosines = letters(one.options) @ letters([one.text])[0]
    assert made[:, 1] == pytest.approx((cosines - cosines.mean()) / cosines.std(), abs=1e-5)


def test_other_kinds_are_refused():
    assert [problem.code for problem in LearningToRank().unfit(Task(kind="answer"))] == ["T057"]
    assert not [*LearningToRank().unfit(TASK)]
