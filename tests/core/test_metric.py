"""A metric's value of single rows is that of all of them where there is one."""

import numpy as np
import pytest

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


@pytest.mark.parametrize("missing", ["rows", "total"])
def test_what_lacks_its_rows_or_their_total_is_no_metric(missing):
    own = {name: getattr(Share, name) for name in ("rows", "total") if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Half", (Metric,), own)()
