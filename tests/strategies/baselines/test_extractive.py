"""Sentences that a regression picks: it learns what the gist begins with, and is scikit-learn's."""

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Answer
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.extractive import Extractive, columns, pick_sentences, word_counts
from assay.strategies.baselines.lead import Lead
from assay.strategies.linear.word_ranking import WordOrder
from helpers.summaries import TASK, lesson, row

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


def test_rows_so_few_that_no_word_stands_in_two_sentences_are_learnt_from(tmp_path):
    rows = [row(1, "Ann came. Rain fell.", "Ann came."), row(2, "Bo left.", "Bo left.")]
    arm = Extractive(sentences=1).fit(lesson(rows))
    answers = arm.answer(rows)
    assert [answer.text for answer in answers] == ["Ann came.", "Bo left."]
    arm.save(tmp_path)
    assert Extractive(sentences=1).restore(tmp_path, lesson(())).answer(rows) == answers


@pytest.mark.parametrize("text", [" ", "?! - !"])
def test_texts_without_a_sentence_of_words_are_a_named_error(text):
    with pytest.raises(TrainError) as caught:
        Extractive().fit(lesson([row(1, text, "x")]))
    assert [problem.code for problem in caught.value.problems] == ["T002"]


def test_the_best_sentences_stand_in_the_order_of_the_text_and_of_equals_the_first_is_taken():
    assert pick_sentences(["One.", "Two.", "Three."], [0.5, 0.1, 0.9], 2).text == "One. Three."
    assert pick_sentences(["One.", "Two."], [0.5, 0.5 + 1e-9], 1).text == "One."
    assert pick_sentences([], [], 2).text == ""
