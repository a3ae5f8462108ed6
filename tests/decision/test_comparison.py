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
