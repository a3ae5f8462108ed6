"""A metric's value of single rows is that of all of them where there is one."""

import numpy as np

from assay.core.metric import Metric


class Share(Metric):
    name, about = "share", "right of asked"

    def rows(self, records, task):
        raise NotImplementedError

    def total(self, sums, n):
        return sums[..., 0] / np.maximum(n, 1)


def test_each_row_by_itself():
    rows = np.array([[1.0], [0.0], [0.5]])
    assert Share().each(rows).tolist() == [1.0, 0.0, 0.5]
    assert Share().total(rows.sum(0), 3) == 0.5
    assert Share().decides and not Share().reads_scores
