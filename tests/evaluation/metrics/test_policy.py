"""The share of rules that answers keep, and where it is shown."""

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.metrics.policy import PolicyKept
from assay.evaluation.scoring import judge, metrics_for

RULES = "## Short\nShort.\n```yaml check\nmax_words: 2\n```\n## Kind\nKind.\n"
RULES += "## Ends\nEnds so.\n```yaml check\nends_with: bye\n```\n"
TASK = Task(kind="chat", policy=RULES)


def records(*texts):
    asked = Example("r", (Message("user", "?"),))
    return [Record(asked, "well", (), Answer(text, text or "")) for text in texts]


def test_rules_and_rows_weigh_the_same():
    rows = PolicyKept().rows(some := records("bye", "good bye now", "no", None), TASK)
    # "Kind" has no check, and is no column.
    assert rows.tolist() == [[1, 1], [0, 0], [1, 0], [0, 0]]
    assert judge(some, TASK).values["policy"] == 3 / 8
    assert judge(some, TASK).of_rows("policy").tolist() == [1, 0, 0.5, 0]
    # Nothing is measured over no rows.
    assert np.isnan(PolicyKept().total(np.zeros(2), np.float64(0)))


def test_it_is_shown_where_the_task_has_rules_that_can_be_checked():
    def shown(**task):
        return [metric.name for metric in metrics_for(Task(kind="chat", **task))]

    assert shown(policy=RULES) == ["token_f1", "chrf", "policy"]
    assert shown(policy=RULES, metric="policy") == ["policy", "token_f1", "chrf"]
    assert shown(policy="## A\nDo a.") == shown() == ["token_f1", "chrf"]


def test_without_rules_there_is_nothing_to_keep():
    assert np.isnan(PolicyKept().rows(records("a"), Task(kind="chat"))).all()
    assert judge(records("a", "b"), TASK).values["policy"] == pytest.approx(0.5)
