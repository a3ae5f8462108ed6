"""The threshold is the one with the best F1; probabilities are those of one model a label."""

import numpy as np
import pytest

from assay.strategies.linear.multilabel import (
    best_threshold,
    fit_one_vs_rest,
    indicator,
    probabilities,
    thresholds,
)
from helpers.label_sets import LESSON, TASK


def test_the_threshold_with_the_best_f1():
    values, wanted = np.array([0.9, 0.8, 0.3, 0.2, 0.1]), np.array([1, 1, 1, 0, 0])
    assert best_threshold(values, wanted) == pytest.approx(0.25)
    # F1 of all five: 2 * 1 / (5 + 1) = 1/3; of the first two: 2 * 1 / (2 + 1) = 2/3.
    assert best_threshold(values, np.array([0, 1, 0, 0, 0])) == pytest.approx(0.55)
    # A cut never falls between equal values: the best one by rank alone would be after the first.
    assert best_threshold(np.array([0.5, 0.5, 0.1]), np.array([1, 0, 0])) == pytest.approx(0.3)
    assert best_threshold(values, np.zeros(5, dtype=int)) == 0.5


def test_too_few_rows_choose_no_threshold():
    assert thresholds(None, np.ones((4, 2), dtype=int)).tolist() == [0.5, 0.5]


def test_probabilities_are_those_of_one_model_a_label():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    words = TfidfVectorizer()
    matrix = words.fit_transform([row.text for row in LESSON.train])
    wanted = indicator([row.target or "" for row in LESSON.train], TASK)
    theirs = (
        OneVsRestClassifier(LogisticRegression(C=10, max_iter=1000, tol=1e-5))
        .fit(matrix, wanted)
        .predict_proba(matrix)
    )
    np.testing.assert_allclose(
        probabilities(matrix, *fit_one_vs_rest(matrix, wanted, 10, 0)), theirs, atol=1e-6
    )
