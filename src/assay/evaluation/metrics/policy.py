"""Share of the task's rules that answers keep: of those rules of its policy that a program can
check.

What it counts   a rule is kept or broken by an answer, see tasks/policy.py; every rule and every
                 row weighs the same
Targets          are not looked at: an answer that keeps all rules may be wrong
Unreadable       an answer that cannot be read breaks every rule
Watch out        a text that never changes can keep all rules: read it beside a metric of what
                 answers say
"""

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.accuracy import mean
from assay.tasks.policy import policy_of, rule_rows


class PolicyKept(Metric):
    """A column for each rule that can be checked: 1 where the answer keeps it, else 0."""

    name = "policy"
    about = "share of the policy's rules that answers keep, of those that can be checked"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        policy = policy_of(task)
        if policy is None or not policy.checkable:
            return np.full((len(records), 1), np.nan)
        return np.asarray(rule_rows(policy, records))

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return mean(np.asarray(sums).mean(axis=-1), n)
