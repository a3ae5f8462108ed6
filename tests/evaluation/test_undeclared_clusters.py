"""Rows that cluster: moments against every permutation, planted and independent worlds, what is
tested."""

import itertools

import numpy as np
import pytest

from assay.evaluation.undeclared_clusters import _Layout, _Scores, find_clustering


def test_mean_and_variance_are_those_of_all_permutations():
    values = np.random.default_rng(1).normal(size=(6, 2))
    scores, layout = _Scores.of(values), _Layout.of(np.array([0, 0, 0, 1, 1, 2]))
    every = [
        scores.together(scores.values[None, list(one)], layout)[0]
        for one in itertools.permutations(range(6))
    ]
    mean, variance = scores.moments(layout)
    assert np.allclose(mean, np.mean(every, axis=0)) and np.allclose(
        variance, np.var(every, axis=0)
    )


def test_the_design_effect_of_copies_is_their_number():
    right = np.repeat(np.random.default_rng(0).random((100, 2)) > 0.4, 5, axis=0).astype(float)
    (found,) = find_clustering(right, {"thread": np.repeat(np.arange(100), 5)})
    assert found.is_significant and found.p == pytest.approx(1 / 2000)
    assert (found.clusters, found.shared, found.largest) == (100, 500, 5)
    # Of five copies each: 1 + (5 - 1), and a little for the mean that was taken off.
    assert found.score == pytest.approx(5, abs=0.05) and found.difference == pytest.approx(
        5, abs=0.05
    )


def test_arms_that_never_differ_and_rows_without_a_value_are_no_matter():
    draw = np.random.default_rng(2)
    right = draw.random(60).round()
    values = np.stack([right, right, np.ones(60)], axis=1)
    values[3] = np.nan
    (found,) = find_clustering(values, {"user": draw.integers(0, 12, 60)})
    assert 0 < found.p <= 1 and found.difference < 2
    assert find_clustering(np.ones((30, 2)), {"user": np.arange(30) // 3})[0].p == 1
    assert find_clustering(values[:3], {"user": np.zeros(3)}) == [] == find_clustering(values, {})


def test_fields_are_corrected_together_and_the_same_seed_says_the_same():
    draw = np.random.default_rng(4)
    user = draw.integers(0, 20, 200)
    right = (draw.normal(size=20)[user] + draw.normal(size=200) > 0)[:, None].astype(float)
    fields = {"user": user, **{f"other {at}": draw.integers(0, 40, 200) for at in range(19)}}
    found = find_clustering(right, fields, seed=5)
    assert found == find_clustering(right, fields, seed=5)
    assert [one.field for one in found if one.is_significant] == ["user"]
    assert found[0].p_holm == pytest.approx(min(1, 20 * found[0].p))


def world(number, rows, users, share):
    """Four equal arms and four fields. Of a row's difficulty `share` is its user's, half of that
    with all arms and half with each arm alone; the other fields say nothing."""
    draw = np.random.default_rng([number, rows, users])
    sizes = draw.gamma(2.0, size=users)
    user = draw.choice(users, size=rows, p=sizes / sizes.sum())
    shared, own = draw.normal(size=rows), draw.normal(size=(4, rows))
    of_user, own_of_user = draw.normal(size=users)[user], draw.normal(size=(4, users))[:, user]
    difficulty = np.sqrt(1 - share) * (shared + own) + np.sqrt(share) * (of_user + own_of_user)
    fields = {
        "user": user,
        "batch": draw.integers(0, max(10, rows // 20), rows),
        "thread": draw.integers(0, rows // 2, rows),
        "hour": draw.integers(0, 24, rows),
    }
    return (difficulty / np.sqrt(2) > -0.7).T.astype(float), fields


@pytest.mark.slow
def test_planted_worlds_are_told_and_independent_ones_are_not():
    def warned(worlds, **of_world):
        found = [find_clustering(*world(number, **of_world)) for number in range(worlds)]
        return sum(any(field.is_significant for field in fields) for fields in found)

    assert warned(20, rows=200, users=20, share=0.6) >= 19
    assert warned(60, rows=200, users=50, share=0.0) <= 6  # 3 expected; 7 or more in 1 of 30 tests
