"""Several arms on the same rows: what one is told from the reference by."""

import numpy as np
import pytest

from assay.decision.comparison import Compared
from assay.evaluation.metrics.accuracy import Accuracy


def test_p_values_are_corrected_over_all_pairs_whichever_is_the_reference():
    # Against the first arm the others are wrong on 9 and on 6 rows more, and right on none:
    # McNemar's 2 / 2^9 and 2 / 2^6. Of three pairs one can be of equals once another was told apart
    # (Shaffer 1986): times 3, then times 1.
    right = {"a": 40, "b": 31, "c": 34}
    rows = {
        name: {"accuracy": [(np.arange(50)[:, None] < many).astype(float)]}
        for name, many in right.items()
    }
    found = Compared(rows, [Accuracy()]).p_values("a", "accuracy")
    assert found["b"] == pytest.approx((2 / 2**9, 3 * 2 / 2**9))
    assert found["c"] == pytest.approx((2 / 2**6, 2 / 2**6))


def accuracy_of(*right, groups=None):
    rows = {
        name: {"accuracy": [np.asarray(one, dtype=float)[:, None]]}
        for name, one in zip("ab", right, strict=True)
    }
    return Compared(rows, [Accuracy()], groups=groups).difference("a", "b", "accuracy")


def test_near_the_ceiling_the_upper_end_is_that_of_the_score_interval():
    # 50 of 50 right against 49: one row tells, and up to 4.95 of 50 may (Poisson, mid-P, one was
    # seen). The paired t with half a row ended at 6.9 points.
    best, near = np.ones(50), np.ones(50)
    near[0] = 0
    found = accuracy_of(best, near)
    assert found.value == pytest.approx(0.02)
    assert found.high == pytest.approx(4.95 / 50, rel=0.1)
    # Of 50 rows in 10 groups it is wider.
    grouped = accuracy_of(best, near, groups=np.repeat(np.arange(10), 5))
    assert grouped.low < found.low and found.high < grouped.high


def test_a_metric_that_is_no_mean_keeps_its_own_interval():
    from assay.evaluation.metrics.macro_f1 import MacroF1

    random = np.random.default_rng(2)
    hit = random.random((2, 60)) < 0.8
    rows = {
        name: {"macro_f1": [np.stack([one, ~one, ~one], axis=1).astype(float)]}
        for name, one in zip("ab", hit, strict=True)
    }
    found = Compared(rows, [MacroF1()])
    assert found.spread("a", "macro_f1").column is None
    difference = found.difference("a", "b", "macro_f1")
    middle = (difference.low + difference.high) / 2
    assert middle == pytest.approx(difference.value)  # Student's t is symmetric
