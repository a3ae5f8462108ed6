"""A linear model on turned rows, and how its strength is chosen. The yardstick is scikit-learn on
the features."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array

from assay.strategies.linear.logistic_regression import (
    RotatedRows,
    StrengthChoice,
    cross_val_log_probabilities,
    fit_logistic,
    in_one_thread,
    parts_of,
    scorable,
    select_strength,
)


@pytest.fixture
def rows():
    """60 sparse rows of 300 features, two of them alike, and labels that some features tell."""
    rng = np.random.default_rng(4)
    matrix = random_array((60, 300), density=0.1, rng=rng, format="csr")
    matrix = csr_matrix(matrix[[*range(5), 4, *range(6, 60)]])
    targets = [
        ("low", "mid", "high")[int(value > 0.8) + int(value > 1.6)]
        for value in matrix[:, :30].toarray().sum(1)
    ]
    return matrix, targets


def test_turned_rows_keep_all_products(rows):
    matrix, _ = rows
    turned = RotatedRows(matrix)
    assert turned.rows.shape[1] == 59  # a copy adds no coordinate
    np.testing.assert_allclose(
        turned.rows @ turned.rows.T, (matrix @ matrix.T).toarray(), atol=1e-8
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labels", [2, 3])
def test_weights_are_those_of_scikit_learn_on_the_features(rows, weighted, labels):
    from sklearn.linear_model import LogisticRegression

    matrix, targets = rows
    targets = (
        targets if labels == 3 else ["high" if target == "high" else "other" for target in targets]
    )
    theirs = LogisticRegression(
        C=10.0, class_weight="balanced" if weighted else None, max_iter=10_000, tol=1e-8
    ).fit(matrix, targets)
    own = fit_logistic(RotatedRows(matrix), targets, StrengthChoice(10.0, weighted), 0)
    np.testing.assert_allclose(
        np.exp(own.log_shares(matrix)), theirs.predict_proba(matrix), atol=2e-3
    )
    difference = own.weights[1:] - own.weights[:1]
    expected = theirs.coef_ if labels == 2 else theirs.coef_[1:] - theirs.coef_[:1]
    np.testing.assert_allclose(difference, expected, atol=2e-2)


def test_rows_left_out_are_judged_as_scikit_learn_does(rows):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    matrix, targets = rows
    seen, left = cross_val_log_probabilities(
        RotatedRows(matrix), targets, (1.0, 10.0), False, seed=7
    )
    assert left.tolist() == list(range(60))
    for c, logs in zip((1.0, 10.0), seen, strict=True):
        theirs = cross_val_predict(
            LogisticRegression(C=c, max_iter=1000, tol=1e-6),
            matrix,
            targets,
            cv=PredefinedSplit(parts_of(targets, 5, 7)),
            method="predict_proba",
        )
        np.testing.assert_allclose(np.exp(logs), theirs, atol=1e-2)


def test_rows_of_a_label_go_to_different_parts():
    targets = ["a"] * 11 + ["b"] * 2 + ["c"]
    parts = parts_of(targets, 5, 0)
    assert sorted(np.bincount(parts[:11]).tolist()) == [2, 2, 2, 2, 3]
    assert parts[11] != parts[12]
    assert scorable(targets) == list(range(13))
    assert not np.array_equal(parts, parts_of(targets, 5, 1)) and np.array_equal(
        parts, parts_of(targets, 5, 0)
    )


def test_too_few_rows_choose_nothing(rows):
    matrix, _ = rows
    choice = select_strength(
        RotatedRows(matrix[:4]), ["a", "b", "c", "d"], None, "auto", "accuracy", 0
    )
    assert choice == StrengthChoice(10.0, False)


def test_weights_are_tried_where_the_metric_counts_labels_alike(rows):
    """Nine rows in ten have one label, and one feature leans to the other: without weights it is
    hardly answered."""
    rng = np.random.default_rng(0)
    targets = ["rare" if i % 10 == 0 else "often" for i in range(400)]
    lean = np.array([1.0 if target == "rare" else 0.0 for target in targets]) + rng.normal(
        0, 1, 400
    )
    turned = RotatedRows(csr_matrix(np.stack([lean, np.ones(400)], 1)))
    plain = select_strength(turned, targets, 1.0, "none", "macro_f1", 0)
    chosen = select_strength(turned, targets, 1.0, "auto", "macro_f1", 0)
    assert not plain.weighted and chosen.weighted
    assert not select_strength(turned, targets, 1.0, "auto", "accuracy", 0).weighted


def test_rows_of_a_group_are_left_out_together_and_labels_are_still_dealt_out():
    targets = [("a", "b")[at % 40 >= 20] for at in range(80)]
    groups = [f"template {at // 4}" for at in range(80)]
    parts = parts_of(targets, 5, 0, groups)
    assert all(len(set(parts[at : at + 4].tolist())) == 1 for at in range(0, 80, 4))
    for part in range(5):
        held = [target for target, own in zip(targets, parts, strict=True) if own == part]
        assert held.count("a") == held.count("b") == 8
    # Too few groups to leave some out: rows are dealt out by themselves.
    assert parts_of(targets, 5, 0, ["one"] * 80).tolist() == parts_of(targets, 5, 0).tolist()


def test_matrix_products_run_in_one_thread_inside_and_as_before_outside():
    from threadpoolctl import threadpool_info

    def threads():
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    before = threads()
    assert in_one_thread(threads)() == {1} and threads() == before
