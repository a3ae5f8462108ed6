"""A fitted arm, asked from Python: a text, texts, a frame."""

import shutil

import numpy as np
import pytest

import assay
from assay.core.types import Answer
from helpers.problems import problem

TEXTS = ["the bill and the fee", "borrow a book", "book the room"]


@pytest.fixture(scope="module")
def ran(finished, tmp_path_factory):
    return shutil.copytree(finished, tmp_path_factory.mktemp("load") / "project")


@pytest.mark.slow
def test_one_text_is_one_question(ran):
    arm = assay.load(ran, "tfidf")
    alone = arm.answer(TEXTS[0])
    assert isinstance(alone, Answer) and alone.text == "pay"
    assert [one.text for one in arm.answer(TEXTS)] == ["pay", "lend", "meet"]
    assert arm.answer(iter(TEXTS)) == arm.answer(tuple(TEXTS)) == arm.answer(np.array(TEXTS))
    assert arm.predict(TEXTS) == ["pay", "lend", "meet"]
    assert [one.arm for one in assay.ask(TEXTS[0], ran, "tfidf").replies] == ["tfidf"]


@pytest.mark.slow
def test_shares_are_those_of_the_confidence(ran):
    arm = assay.load(ran, "tfidf")
    found = arm.predict_proba(TEXTS)
    assert found.shape == (3, 3) and found.sum(axis=1) == pytest.approx(np.ones(3))
    assert found.max(axis=1) == pytest.approx(
        [one.confidence for one in arm.answer(TEXTS)], abs=1e-4
    )
    assert [arm.task.labels[i] for i in found.argmax(axis=1)] == arm.predict(TEXTS)
    with problem(assay.UsageError, "C211"):
        assay.load(ran, "majority").predict_proba(TEXTS)


@pytest.mark.slow
def test_a_frame_gives_a_frame(ran):
    pandas = pytest.importorskip("pandas")
    asked = pandas.DataFrame({"text": TEXTS, "extra": [1.5, None, 3]}, index=[7, 3, 9])
    arm = assay.load(ran, "tfidf")
    found = arm.answer(asked)
    assert list(found.index) == [7, 3, 9] and list(found.columns) == [
        "answer",
        "confidence",
        "note",
    ]
    assert list(found["answer"]) == ["pay", "lend", "meet"]
    assert list(found["confidence"]) == [one.confidence for one in arm.answer(TEXTS)]
    assert [one.text for one in arm.answer(asked["text"])] == ["pay", "lend", "meet"]


@pytest.mark.slow
def test_an_arm_that_reads_no_documents_says_so(ran):
    with problem(assay.UsageError, "C079"):
        _ = assay.load(ran, "tfidf").documents
    with problem(assay.UsageError, "C079"):
        assay.load(ran, "tfidf").answer(TEXTS[0], at=1)
