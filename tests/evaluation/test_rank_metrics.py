"""Values by hand, the worked example of Järvelin and Kekäläinen's measure, and scikit-learn's
`ndcg_score`."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from assay.evaluation.rank_metrics import ndcg_at_k, precision, recall, reciprocal_rank

FOUND = ["d3", "d7", "d1", "d9", "d4"]


def test_values_by_hand(subtests):
    for measure, k, value in [
        (recall, 1, 0),
        (recall, 2, 1 / 3),
        (recall, 5, 2 / 3),
        (recall, 100, 2 / 3),
        (precision, 2, 1 / 2),
        (precision, 5, 2 / 5),
        (precision, 10, 2 / 10),
        (reciprocal_rank, 1, 0),
        (reciprocal_rank, 10, 1 / 2),
        (
            ndcg_at_k,
            5,
            (1 / math.log2(3) + 1 / math.log2(6)) / (1 + 1 / math.log2(3) + 1 / 2),
        ),
    ]:
        with subtests.test(repr((measure, k, value))):
            assert measure(FOUND, {"d7", "d4", "d8"}, k) == pytest.approx(value)


def test_the_six_documents_of_the_textbook_example():
    # Gains 3, 2, 3, 0, 1, 2 in the order found: DCG 6.861, ideal 7.141;
    # wikipedia.org/wiki/Discounted_cumulative_gain
    gains = dict(zip("abcdef", (3.0, 2.0, 3.0, 0.0, 1.0, 2.0), strict=True))
    assert ndcg_at_k("abcdef", gains, 6) == pytest.approx(6.861 / 7.141, abs=2e-4)


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=12),
    st.integers(1, 15),
    st.randoms(use_true_random=False),
)
def test_it_is_scikit_learns(gains, k, random):
    if not any(gains):
        return
    ids = [str(i) for i in range(len(gains))]
    random.shuffle(ids)
    scores = np.zeros(len(ids))
    scores[[int(one) for one in ids]] = np.arange(len(ids), 0, -1)
    expected = ndcg_score([gains], [scores], k=k)
    assert ndcg_at_k(ids, {str(i): float(g) for i, g in enumerate(gains)}, k) == pytest.approx(
        expected
    )


def test_a_perfect_list_and_an_empty_one():
    for measure in (recall, precision, reciprocal_rank, ndcg_at_k):
        assert measure(["a", "b"], {"a", "b"}, 2) == 1
        assert measure([], {"a"}, 3) == 0
        assert math.isnan(measure(["a"], set(), 1))
        assert math.isnan(measure(["a"], {"a": 0.0}, 1))


def test_what_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        recall(["a"], {"a"}, 0)
    with pytest.raises(ValueError, match="twice"):
        precision(["a", "a"], {"a"}, 2)
    with pytest.raises(ValueError, match="negative"):
        ndcg_at_k(["a"], {"a": -1.0}, 2)
