"""Each way is held against what is known in closed form, or against scikit-learn."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from assay.core.store import read_lines
from assay.core.types import Example, Lesson, Means, Message, Task
from assay.models.open import open_model
from assay.strategies.linear.calibration import (
    NOTHING,
    Calibration,
    calibration_error,
    cross_calibration_errors,
    fit_calibration,
    prior_correction,
    random_texts,
    shares,
)
from assay.strategies.prompting.few_shot import Shots


def distorted(n, labels, scale, bias, seed=0):
    """(scores, right labels): labels are drawn from known shares, whose logs are then scaled and
    shifted."""
    rng = np.random.default_rng(seed)
    logs = shares(rng.normal(0, 2, (n, labels)))
    right = [int(rng.choice(labels, p=np.exp(row))) for row in logs]
    return scale * logs + np.array(bias), right


def test_shares_add_to_one_and_do_not_depend_on_a_shift():
    rows = np.array([[-700.0, -701.0], [0.0, -1e9]])
    assert np.exp(shares(rows)).sum(1) == pytest.approx([1, 1])
    assert shares(rows + 55) == pytest.approx(shares(rows))


def test_what_the_prompt_says_of_nothing_is_taken_away():
    # Zhao et al. (2021): q is p / p_nothing, made to add to 1. Here .6/.8 : .4/.2 = 3 : 8.
    nothing = np.log(np.array([[0.7, 0.3], [0.9, 0.1]]))
    told = prior_correction(nothing)(np.log(np.array([[0.6, 0.4]])))
    assert np.exp(told) == pytest.approx(np.array([[3 / 11, 8 / 11]]))


def test_a_batch_is_made_even():
    # Zhou et al. (2024): the mean share of each label over the batch is divided away.
    batch = np.log(np.array([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2]]))
    assert prior_correction(batch).bias == pytest.approx((-math.log(0.8), -math.log(0.2)))
    assert (prior_correction(batch)(batch)[1] @ [1, -1]) < 0  # .7/.8 < .3/.2


def test_the_temperature_of_scores_that_are_twice_too_sure_is_found():
    scores, right = distorted(4000, 4, 2.0, [0, 0, 0, 0])
    found = fit_calibration(scores, right, biased=False)
    assert found.scale == pytest.approx(0.5, rel=0.05)
    assert found.bias == (0, 0, 0, 0)
    assert (found(scores).argmax(1) == scores.argmax(1)).all()


def test_scale_and_shifts_are_found():
    scores, right = distorted(6000, 3, 2.0, [3.0, 0.0, -1.0])
    found = fit_calibration(scores, right, biased=True)
    # told = (scores - bias) / 2, so that the shifts are -1.5, 0, .5 up to a constant
    assert found.scale == pytest.approx(0.5, rel=0.05)
    assert np.diff(found.bias) == pytest.approx([1.5, 0.5], abs=0.15)


def test_two_labels_are_logistic_regression():
    scores, right = distorted(3000, 2, 3.0, [1.0, -1.0], seed=2)
    found = fit_calibration(scores, right, biased=True)
    logs = shares(scores)
    reference = LogisticRegression(C=1e6).fit((logs[:, 1] - logs[:, 0])[:, None], right)
    assert found.scale == pytest.approx(reference.coef_[0, 0], rel=0.02)
    assert found.bias[1] - found.bias[0] == pytest.approx(reference.intercept_[0], abs=0.05)


def test_val_without_an_error_keeps_the_fit_finite():
    found = fit_calibration(
        np.log(np.array([[0.9, 0.1], [0.2, 0.8]] * 20)), [0, 1] * 20, biased=True
    )
    assert 1 < found.scale < 20
    assert max(map(abs, found.bias)) < 5


def test_a_label_that_val_does_not_have_is_not_shut_out():
    scores, right = distorted(400, 3, 1.0, [0, 0, 0])
    rows = [i for i, label in enumerate(right) if label != 2]
    found = fit_calibration(scores[rows], [right[i] for i in rows], biased=True)
    assert np.isfinite(found.bias).all()
    assert found(np.log(np.array([[1e-6, 1e-6, 1 - 2e-6]]))).argmax() == 2


def test_the_calibration_error_by_hand():
    # Two rows told .8 of which one is right, one told .6 that is right: (2 * |.5 - .8| + |1 - .6|)
    # / 3 = 1/3.
    scores = np.log(np.array([[0.8, 0.2], [0.2, 0.8], [0.6, 0.4]]))
    assert calibration_error(scores, [0, 0, 0]) == pytest.approx((2 * 0.3 + 0.4) / 3)


@pytest.mark.parametrize("way", ["temperature", "platt", "batch"])
def test_the_error_falls_on_rows_that_were_not_fitted(way):
    bias = [0, 0, 0, 0] if way == "temperature" else [4.0, 0, 0, -2.0]
    scores, right = distorted(600, 4, 1.0 if way == "batch" else 3.0, bias, seed=7)
    before, after = cross_calibration_errors(way, scores, right)
    assert before > 0.1
    assert after < before / 2


def test_texts_about_nothing_are_of_the_domain_and_as_long():
    texts = ["my card is lost", "where is it"]
    made = random_texts(texts, 3)
    assert len(made) == 20
    assert {len(text.split()) for text in made} == {4}  # 3.5 words in the mean
    assert {word for text in made for word in text.split()} <= set(" ".join(texts).split())
    assert made == random_texts(texts, 3)
    assert random_texts([" "], 3) == list(NOTHING)


def test_a_calibration_comes_back_from_json():
    found = Calibration(0.3, (0.1, -2 / 3))
    assert Calibration.from_json(found.to_json()) == found


@pytest.mark.nightly
@pytest.mark.real
def test_a_real_model_that_is_too_sure_is_made_honest(one_thread):
    """Tickets of the example project: the factor is fitted on 40 of them, the error is taken on 40
    others."""
    place = Path(__file__).parents[3] / "examples" / "intents" / "test.jsonl"
    rows = [Example(r["id"], (Message("user", r["text"]),), r["label"]) for r in read_lines(place)]
    rows = random.Random(0).sample(rows, 88)
    task = Task(kind="classify", labels=tuple(sorted({row.target or "" for row in rows})))
    means = Means(open_model=lambda name, precision="auto": open_model("smollm2-135m"))
    lesson = Lesson(
        task, train=tuple(rows[:8]), val=tuple(rows[8:48]), base="smollm2-135m", means=means
    )
    arm = Shots(k=4, calibrate="temperature").fit(lesson)
    asked, right = rows[48:], [task.labels.index(row.target or "") for row in rows[48:]]
    after = np.array([answer.scores for answer in arm.answer([row.question for row in asked])])
    arm.calibration = None
    before = arm.model.score([arm.prompt(row.question) for row in asked], task.labels, left=0.0)
    assert (before.argmax(1) == after.argmax(1)).all()
    assert calibration_error(before, right) > 0.25
    assert calibration_error(after, right) < calibration_error(before, right) / 2
