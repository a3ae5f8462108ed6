"""What a candidate is judged by, by its formulas; its weights: those of another optimiser, and
those a choice had."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from assay.retrieval.learned_fusion import PULL, START, features, fit_rank_weights


def unit(draw, *shape):
    vectors = draw.standard_normal(shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_the_features_are_those_of_their_formulas():
    draw = np.random.default_rng(0)
    vectors, words, meaning = unit(draw, 12, 8), draw.random(12), draw.random(12)
    ranks = [1 / (60 + i) for i in range(12)]
    found = features(words, meaning, ranks, vectors)

    def standard(values):
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))
        return [(v - mean) / spread for v in values]

    both = [0.4 * w + 0.6 * m for w, m in zip(standard(words), standard(meaning), strict=True)]
    best = sorted(range(12), key=lambda i: -both[i])[:10]
    asked = sum(vectors[place] / math.log2(rank + 2) for rank, place in enumerate(best))
    near = [
        [math.exp(20 * (float(a @ b) - 1)) if i != j else 0 for j, b in enumerate(vectors)]
        for i, a in enumerate(vectors)
    ]
    least = min(both)
    neighbours = [
        sum(s * (b - least) for s, b in zip(row, both, strict=True)) / sum(row) for row in near
    ]
    columns = [words, meaning, ranks, [float(v @ asked) for v in vectors], neighbours]
    for column, values in enumerate(columns):
        assert found[:, column] == pytest.approx(standard(values), abs=1e-9)


def test_candidates_that_cannot_be_told_apart_have_features_of_zero():
    same = np.tile(unit(np.random.default_rng(0), 4), (3, 1))
    assert features(np.ones(3), np.ones(3), [0.1] * 3, same) == pytest.approx(np.zeros((3, 5)))
    assert features(np.ones(1), np.ones(1), [0.1], same[:1]).tolist() == [[0] * 5]
    assert features(np.ones(0), np.ones(0), [], same[:0]).shape == (0, 5)


def rows(count, weights, seed=0):
    """Of each question, features of 20 candidates, and the one drawn with the softmax of their
    weighted sums."""
    draw = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        values = draw.standard_normal((20, 5))
        scores = values @ weights
        shares = np.exp(scores - scores.max())
        out.append((values, [int(draw.choice(20, p=shares / shares.sum()))]))
    return out


def test_the_weights_are_those_that_another_optimiser_finds():
    given = rows(30, np.array([0.5, 1.0, 0.0, -0.5, 0.2]))
    given += [(values, [0, 3, 7]) for values, _ in given[:5]] + [(given[0][0], [])]

    def value(weights):
        total = PULL * sum((weights - START) ** 2)
        for values, right in given:
            scores = values @ weights
            total -= np.mean(scores[right]) - np.log(np.exp(scores).sum()) if right else 0
        return total

    assert fit_rank_weights(given) == pytest.approx(
        minimize(value, np.zeros(5), tol=1e-12).x, abs=1e-4
    )


@pytest.mark.slow
def test_the_weights_of_a_known_choice_are_found():
    # The maximum of the likelihood is consistent; with 4,000 rows its deviation is about .02.
    wanted = np.array([0.5, 1.0, 0.0, -0.5, 0.2])
    assert fit_rank_weights(rows(4000, wanted)) == pytest.approx(wanted, abs=0.08)


def test_few_rows_change_little_and_none_change_nothing():
    assert fit_rank_weights([]) == list(START)
    assert fit_rank_weights([(np.ones((3, 5)), [])]) == list(START)
    few, many = (
        fit_rank_weights(rows(count, np.array([0, 0, 0, 3.0, 0])))[3] for count in (1, 200)
    )
    assert 0 < few < 0.3 < 2 < many < 3
