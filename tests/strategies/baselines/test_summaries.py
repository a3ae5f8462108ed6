"""Summaries of sentences: the walk against networkx, the regression against scikit-learn, and what
each picks."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.types import Answer, Example, Lesson, Means, Message, Task
from assay.runtime.arms.job import task_score
from assay.strategies.baselines.centrality import Centrality
from assay.strategies.baselines.extractive import Extractive, columns, word_counts
from assay.strategies.baselines.lead import Lead
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.text.sentence_graph import centrality, from_the_start, word_vectors

TASK = Task(kind="summarise")
TEXT = (
    "It rained all day. The pump of the house failed. The pump was old. A new pump for the house"
    " was bought."
)


def row(number, text, target):
    return Example(f"r{number}", (Message("user", text),), target)


def lesson(rows):
    return Lesson(
        TASK,
        tuple(rows),
        means=Means(seed=3),
        judge=lambda some, answers: task_score(some, answers, TASK),
    )


@pytest.mark.slow
def test_the_walk_ends_where_networkx_says():
    import networkx

    draw = np.random.default_rng(5)
    for n in (2, 5, 9):
        alike = draw.random((n, n)) * (draw.random((n, n)) > 0.3)
        alike = alike + alike.T
        alike[-1] = alike[:, -1] = 0.0  # like no other
        restart = from_the_start(n, 0.5)
        there = alike - np.diag(np.diag(alike))
        graph = networkx.from_numpy_array(there)
        given = dict(enumerate(restart))
        wanted = networkx.pagerank(
            graph, alpha=0.85, personalization=given, dangling=given, tol=1e-12, max_iter=500
        )
        assert centrality(alike, restart) == pytest.approx([wanted[i] for i in range(n)], abs=1e-8)


def test_where_all_are_alike_the_walk_is_where_it_jumps():
    # With equal weights and even jumps every sentence is visited as often: 1 / n.
    assert centrality(np.ones((4, 4)), from_the_start(4, 0.0)) == pytest.approx([0.25] * 4)
    # Of the jumps 1 : 1/2 fall on the two places; the share of the rest is even.
    assert from_the_start(2, 1.0) == pytest.approx([2 / 3, 1 / 3])
    assert from_the_start(3, 0.3).sum() == pytest.approx(1)


def test_vectors_weigh_rare_words_more():
    order = WordOrder.over(["pump house", "pump rain", "pump day"])
    (vector,) = word_vectors(order, ["pump rain"])
    # idf of Lucene: ln(1 + .5 / 3.5) in all three texts, ln(1 + 2.5 / 1.5) in one.
    weights = np.array([np.log(1 + 0.5 / 3.5), np.log(1 + 2.5 / 1.5)])
    assert vector == pytest.approx(weights / np.linalg.norm(weights))


def test_the_sentence_in_the_middle_is_taken(tmp_path):
    rows = [row(i, TEXT, "The pump of the house failed.") for i in range(3)]
    arm = Centrality(sentences=1, beginning=0).fit(lesson(rows))
    (answer,) = arm.answer([rows[0].question])
    # Three speak of the pump, two of them of the house too; of these two the shorter one is more
    # like the third.
    assert answer.text == "The pump of the house failed."
    arm.save(tmp_path)
    assert Centrality(sentences=1, beginning=0).restore(tmp_path, lesson(())).answer([rows[0]]) == [
        answer
    ]
    assert arm.answer([row(9, " ", "x").question]) == [Answer("", raw="")]


def test_train_says_how_many_sentences():
    of_the_pump = [row(i, TEXT, TEXT.partition(". ")[2]) for i in range(3)]
    arm = Centrality().fit(lesson(of_the_pump))
    assert arm.sentences == 3
    assert [answer.text for answer in arm.answer(of_the_pump)] == [
        one.target for one in of_the_pump
    ]


THINGS = "pump lamp door wheel chain roof stove clock fence drain cable valve".split()


def told(n):
    """The gist begins with "We show" and stands anywhere; the rest is the same kind of words."""
    rows = []
    for i in range(n):
        a, b, c = (THINGS[(i * k + k) % 12] for k in (1, 5, 7))
        gist = f"We show that the {a} fails when the {b} is cold."
        parts = [f"The {b} was seen by many on day {i}.", f"Some like the {c} more than others do."]
        parts.insert(i % 3, gist)
        rows.append(row(i, " ".join(parts), gist))
    return rows


@pytest.mark.slow
def test_it_learns_the_words_that_the_gist_begins_with_wherever_it_stands(tmp_path):
    rows = told(48)
    train, test = rows[:36], rows[36:]
    arm = Extractive().fit(lesson(train))
    assert arm.sentences == 1
    answers = arm.answer([one.question for one in test])
    assert [a.text for a in answers] == [one.target for one in test]
    lead = Lead(sentences=1).fit(lesson(train)).answer(test)
    assert task_score(test, lead, TASK) < 0.8 < task_score(test, answers, TASK)
    arm.save(tmp_path)
    assert Extractive().restore(tmp_path, lesson(())).answer(test) == answers


@pytest.mark.slow
def test_its_weights_are_those_of_scikit_learn():
    from sklearn.linear_model import Ridge

    rows = told(4)  # too few for folds of five: four folds
    arm = Extractive(sentences=1).fit(lesson(rows))
    texts = [[s for s in one.text.replace(". ", ".\n").split("\n")] for one in rows]
    order = WordOrder.over(s for own in texts for s in own)
    words = word_counts()
    words.fit([s for own in texts for s in own])
    worth = [
        task_score([one], [Answer(s)], TASK)
        for one, own in zip(rows, texts, strict=True)
        for s in own
    ]
    # The fit draws the rows in another order, which leaves the solution where it is.
    fits = [
        Ridge(alpha=a).fit(columns(words, order, texts), worth).coef_
        for a in (1.0, 3.0, 10.0, 30.0)
    ]
    assert any(np.allclose(np.sort(arm.weights), np.sort(one), atol=1e-4) for one in fits)


def test_texts_without_a_sentence_are_a_named_error():
    from assay.core.errors import TrainError

    with pytest.raises(TrainError) as caught:
        Extractive().fit(lesson([replace(row(1, " ", "x"))]))
    assert [problem.code for problem in caught.value.problems] == ["T002"]
