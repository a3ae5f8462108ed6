"""A reranker's scores mixed with the order of the first stage."""

import numpy as np
import pytest

from assay.training.retriever.score_mixing import argsort_descending, best_mix, mix_scores, standard


def test_the_mix_goes_from_the_first_stages_order_to_the_rerankers():
    scores = np.array([0.0, 5.0, 1.0])
    assert argsort_descending(mix_scores(scores, 0.0)) == [0, 1, 2] and argsort_descending(
        mix_scores(scores, 1.0)
    ) == [1, 2, 0]
    assert argsort_descending(mix_scores(np.zeros(3), 0.5)) == [0, 1, 2]
    assert standard(np.array([1.0, 3.0])).tolist() == [-1.0, 1.0] and standard(
        np.array([4.0])
    ).tolist() == [0.0]
    assert mix_scores(np.array([]), 0.5).tolist() == []


def test_the_best_mix_makes_val_most_likely():
    right, wrong = np.array([0.0, 9.0, 0.0]), np.array([0.0, 0.0, 9.0])
    # the first stage is right, and sure at the highest sharpness
    assert best_mix([wrong], [[0]], None)[0] == 0.0
    assert best_mix([right], [[1]], None)[0] > 0.5
    # Half of the questions each way: neither alone.
    mix, value = best_mix([right, np.array([0.0, 0.1, 0.2])], [[1], [0]], None)
    assert 0 < mix < 1 and value > max(
        best_mix([right, np.array([0.0, 0.1, 0.2])], [[1], [0]], m)[1] for m in (0.0, 1.0)
    )


def test_the_likelihood_is_that_of_a_softmax_at_the_best_sharpness():
    # Standardised, [1, 0] is [1, -1]. The second is right: the flattest softmax, exp(-1/4) against
    # exp(1/4), is best.
    assert best_mix([np.array([1.0, 0.0])], [[1]], 1.0) == (
        1.0,
        pytest.approx(-np.log(1 + np.exp(0.5))),
    )
    assert best_mix([np.array([1.0, 0.0])], [[0, 1]], 1.0)[1] == pytest.approx(0)


def test_questions_without_a_right_candidate_say_nothing_of_the_mix():
    known = best_mix([np.array([0.0, 9.0, 0.0])], [[1]], None)
    assert best_mix([np.array([0.0, 9.0, 0.0]), np.array([1.0, 2.0])], [[1], []], None) == known
    assert best_mix([np.array([1.0, 2.0])], [[]], None) == (0.5, 0.0)
