"""What running answers came to, counted."""

from assay.core.types import Task
from assay.reporting.outcome_counts import KINDS, counts


def test_a_task_that_runs_nothing_has_no_counts():
    assert counts([], Task(kind="classify", labels=("a", "b"))) is None


def test_without_answers_every_kind_is_there_and_zero():
    assert counts([], Task(kind="code")) == {key: 0 for key, _, _ in KINDS}
