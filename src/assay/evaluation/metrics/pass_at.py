"""Share of the test rows whose program passes all its tests, when k programs may be tried.

Estimate   of n programs for a row, c pass: 1 - C(n - c, k) / C(n, k), the chance that k drawn
           without return have one that passes; unbiased where 1 - (1 - c/n)^k is not. The n are
           drawn (`task.samples`); pass_at_1 is of the answer itself
What runs  each answer in a sandbox (`evaluation/sandbox`); once, since its outcome stays with the
           answer
Unreadable an answer in which there is no program has failed, and stays in n
Source     Chen et al. 2021, Evaluating large language models trained on code,
           arxiv.org/abs/2107.03374, section 2.1
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.code_outcomes import count_passes, outcomes
from assay.evaluation.metrics.accuracy import mean


def pass_at_k(n: int, c: int, k: int) -> float:
    """The estimate from `c` of `n` programs that pass.

    Raises:
        ValueError: k is not in 1..n, or c not in 0..n.
    """
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"pass@{k} of {c} among {n}")
    if n - c < k:
        return 1.0
    return 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


class PassAt1(Metric):
    """One column: 1 where the answer itself passes, which is the likeliest program, else 0."""

    name = "pass_at_1"
    about = "share of the rows whose program passes all its tests, each run in a sandbox"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([float(one.has_passed) for one in outcomes(records, task)]).reshape(-1, 1)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(sums[..., 0], n)


class PassAtK(PassAt1):
    """One column: the row's estimate from its drawn programs. An arm that draws none gives one
    program k times."""

    def __init__(self, k: int):
        self.k = k
        self.name = f"pass_at_{k}"
        self.about = f"chance that one of {k} programs passes (task.samples draws them)"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        counts = count_passes(records, task)
        values = [pass_at_k(n, c, self.k) if n >= self.k else float(c > 0) for n, c in counts]
        return np.array(values, dtype=np.float64).reshape(-1, 1)


class SqlMatch(PassAt1):
    """Share of the test rows whose query gives the rows of the reference; the rule stands in
    `sandbox/inside/result_equality.py`. It is `pass_at_1` under the name that it has for SQL."""

    name = "sql_match"
    about = (
        "share of the rows whose query gives the rows of the reference on the project's database"
    )
