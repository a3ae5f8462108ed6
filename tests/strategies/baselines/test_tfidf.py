"""The yardstick is scikit-learn's own pipeline with the same settings."""

from dataclasses import replace

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.baselines.tfidf import Tfidf


def rows(*pairs):
    return tuple(
        Example(f"r{i}", (Message("user", text),), target) for i, (text, target) in enumerate(pairs)
    )


TRAIN = rows(
    ("lost my card in a taxi", "card"),
    ("the card was stolen", "card"),
    ("money back please", "refund"),
    ("refund of my money", "refund"),
    ("close my account", "account"),
    ("end the account today", "account"),
)
ASKED = rows(("the card is gone", None), ("give my money back", None), ("zzz", None))
LESSON = Lesson(
    Task(kind="classify", labels=("account", "card", "never seen", "refund")), train=TRAIN
)


def test_answers_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    theirs = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True),
        ),
        LogisticRegression(C=10.0, max_iter=1000, tol=1e-6),
    ).fit([row.text for row in TRAIN], [row.target for row in TRAIN])
    shares = theirs.predict_proba([row.text for row in ASKED])
    answers = Tfidf(c=10, ngrams=2, characters=3).fit(LESSON).answer(ASKED)
    assert [answer.text for answer in answers] == theirs.predict(
        [row.text for row in ASKED]
    ).tolist()
    for answer, share in zip(answers, shares, strict=True):
        assert answer.confidence == pytest.approx(share.max(), abs=1e-3)
        seen = np.exp([answer.scores[LESSON.task.labels.index(label)] for label in theirs.classes_])
        np.testing.assert_allclose(seen, share, atol=1e-3)


def test_words_alone():
    arm = Tfidf(characters=0).fit(LESSON)
    assert arm.answer(rows(("crd", None)))[0].scores == arm.answer(rows(("", None)))[0].scores
    assert (
        Tfidf().fit(LESSON).answer(rows(("crds", None)))[0].scores
        != arm.answer(rows(("", None)))[0].scores
    )


def test_a_label_without_rows_is_never_chosen():
    for answer in Tfidf().fit(LESSON).answer(ASKED):
        assert answer.scores[LESSON.task.labels.index("never seen")] == min(answer.scores) < -1e6


def test_free_answers_are_copied_from_the_closest_question():
    arm = Tfidf().fit(replace(LESSON, task=Task(kind="answer")))
    same, *_ = arm.answer([TRAIN[3].question])
    assert (same.text, same.confidence) == (TRAIN[3].target, 1.0)
    # A question that shares no word gets the first row's answer, and says so.
    assert arm.answer(ASKED[2:])[0].confidence == 0.0


def test_one_label_only():
    arm = Tfidf().fit(replace(LESSON, train=TRAIN[:2]))
    assert {answer.text for answer in arm.answer(ASKED)} == {"card"}


def test_no_words_at_all():
    with pytest.raises(TrainError) as caught:
        Tfidf().fit(replace(LESSON, train=rows(("?!", "card"), ("...", "refund"))))
    assert caught.value.problems[0].code == "T002"


def test_no_questions():
    assert Tfidf().fit(LESSON).answer([]) == []
