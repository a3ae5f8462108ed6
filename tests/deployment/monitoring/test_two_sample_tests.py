"""The two-sample test against values known otherwise, and its level where rows come in families."""

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from assay.deployment.monitoring.two_sample_tests import (
    columns_p,
    distance,
    far_p,
    gaussian,
    kernel_p,
    nearer,
    of_labels,
)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_the_kernel_is_scikit_learns_at_the_median_distance():
    from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel

    vectors = unit(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))
    squared = euclidean_distances(vectors, squared=True)[np.triu_indices(60, 1)][::7]
    np.testing.assert_allclose(
        gaussian(vectors), rbf_kernel(vectors, gamma=1 / np.median(squared)), atol=1e-5
    )


def test_a_sparse_matrix_gives_the_same_kernel():
    from scipy.sparse import csr_matrix

    vectors = unit(np.abs(np.random.default_rng(1).normal(size=(40, 6))))
    np.testing.assert_allclose(gaussian(csr_matrix(vectors)), gaussian(vectors), atol=1e-5)


def test_the_distance_of_labels_is_the_chi_square_statistic():
    """n m / (n + m) of it is Pearson's statistic of the table, when the shares are those of both
    samples together."""
    draw = np.random.default_rng(2)
    first, second = (
        draw.choice(list("abcd"), 120, p=[0.4, 0.3, 0.2, 0.1]),
        draw.choice(list("abcd"), 90),
    )
    weight = np.r_[np.full(120, 1 / 120), np.full(90, -1 / 90)]
    columns = of_labels([*first, *second])
    found = 120 * 90 / 210 * weight @ (columns @ columns.T) @ weight
    table = [[np.sum(part == name) for name in "abcd"] for part in (first, second)]
    assert found == pytest.approx(chi2_contingency(table, correction=False).statistic, rel=1e-4)


def test_its_p_value_of_labels_is_near_that_of_chi_square():
    draw = np.random.default_rng(3)
    first, second = (
        draw.choice(list("abc"), 300, p=[0.4, 0.35, 0.25]),
        draw.choice(list("abc"), 300),
    )
    table = [[np.sum(part == name) for name in "abc"] for part in (first, second)]
    p = columns_p(of_labels([*first, *second]), 300, np.arange(600))
    assert p == pytest.approx(chi2_contingency(table, correction=False).pvalue, abs=0.03)


def shares_raised(make, rounds=100, level=0.05):
    raised = 0
    for seed in range(rounds):
        vectors, first, families = make(np.random.default_rng(seed))
        raised += kernel_p(gaussian(vectors), first, families, draws=199, seed=seed) <= level
    return raised / rounds


@pytest.mark.slow
def test_of_samples_from_one_source_one_in_twenty_is_raised():
    def make(draw):
        return unit(draw.normal(size=(160, 6))), 100, np.arange(160)

    # 100 rounds at 0.05: within three standard errors.
    assert shares_raised(make) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def families_of_four(draw):
    """40 and 30 questions, each said four times in nearly the same words."""
    centres = draw.normal(size=(70, 6))
    vectors = unit(np.repeat(centres, 4, axis=0) + 0.05 * draw.normal(size=(280, 6)))
    return vectors, 160, np.repeat(np.arange(70), 4)


@pytest.mark.slow
def test_families_count_as_one_draw_each():
    assert shares_raised(families_of_four) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)

    def as_rows(draw):
        vectors, first, _ = families_of_four(draw)
        return vectors, first, np.arange(len(vectors))

    # Taken as rows they would be raised far more often: that is what the families are for.
    assert shares_raised(as_rows, rounds=30) > 0.3


def test_another_topic_in_a_fifth_is_told_apart():
    draw = np.random.default_rng(5)
    own, other = (
        draw.normal(size=(700, 10)) + np.eye(10)[0] * 2,
        draw.normal(size=(100, 10)) - np.eye(10)[1] * 2,
    )
    vectors = unit(np.r_[own[:400], other, own[400:]])
    assert kernel_p(gaussian(vectors), 500, np.arange(800)) < 0.001


def test_columns_and_their_kernel_give_one_p_value():
    draw = np.random.default_rng(7)
    columns, families = draw.normal(size=(90, 3)), np.arange(90) // 2
    columns[:50] += 0.2
    by_kernel = kernel_p(columns @ columns.T, 50, families, draws=499)
    assert columns_p(columns, 50, families, draws=499) == pytest.approx(by_kernel, abs=0.003)


def test_two_families_are_needed():
    with pytest.raises(ValueError, match="two families"):
        kernel_p(np.eye(4), 2, np.array([0, 0, 1, 2]))


def test_the_distance_is_one_less_the_mean_of_the_nearest_cosines():
    known = np.eye(3)
    assert distance(np.array([[1.0, 0.0, 0.0]]), known, nearest=1) == pytest.approx([0.0])
    assert distance(np.array([[0.6, 0.8, 0.0]]), known, nearest=2) == pytest.approx([1 - 0.7])


def test_rows_that_lie_nearer_than_held_back_ones_are_no_alarm():
    apart = np.concatenate([np.linspace(0, 1, 50), np.linspace(0, 1, 35), np.full(15, 2.0)])
    assert far_p(apart, 50, np.arange(100)) == 1.0
    assert far_p(apart[::-1].copy(), 50, np.arange(100)) < 0.02


def test_nearer_counts_equals_half():
    assert nearer(np.array([0.0, 1.0, 2.0, 5.0, 1.0, 2.0, 3.0, 4.0]), 4).tolist()[:4] == [
        0.0,
        0.125,
        0.375,
        1.0,
    ]


def test_a_moderate_move_of_a_fifth_is_told_where_few_lie_beyond_all():
    """Scores of 0 to 1, known to the second sample: a fifth of the first lies among its upper
    half."""
    draw = np.random.default_rng(3)
    held, log = draw.random(600), np.concatenate([draw.random(400), 0.5 + draw.random(100) / 2])
    found = [
        far_p(np.concatenate([log, held]), 500, np.arange(1100), seed=seed) for seed in range(3)
    ]
    # The difference of the means of cubes: 0.2 x (15/32 - 1/4), with an error of .283 x sqrt(1/500
    # + 1/600).
    assert max(found) < 0.05
