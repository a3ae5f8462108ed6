"""A row's reward is its metric's value, turned so that higher is better; tests are run."""

from dataclasses import replace

import pytest

from assay.config import make_part
from assay.config.complaints import SettingsError
from assay.core.errors import TrainError
from assay.core.types import Answer, Checks, Example, Message, Task
from assay.evaluation.rewards.against_target import ExactReward, MetricReward, TestsReward
from helpers.problems import problem


def row(target, checks=None):
    return Example("r", (Message("user", "?"),), target, checks=checks)


def test_a_row_has_the_value_of_its_metric(lesson):
    given = lesson("answer")
    rows = [row("the red ball"), row("blue")]
    said = [Answer("red cube"), Answer("Blue.")]
    # the task's own, exact match, forgives case and a full stop
    assert MetricReward().fit(given).score(rows, said) == [0.0, 1.0]
    assert ExactReward().fit(given).score(rows, said) == [0.0, 1.0]
    # "red" of "red cube" and "red ball", the article aside: precision and recall are one half
    found = MetricReward(metric="token_f1").fit(given).score(rows, said)
    assert found == pytest.approx([0.5, 1.0])


def test_an_error_is_less_the_better(lesson):
    given = replace(lesson("number"), task=Task(kind="number", metric="mean_absolute_error"))
    found = MetricReward().fit(given).score([row("10"), row("3")], [Answer("7"), Answer("3")])
    assert found[0] < found[1]


def test_a_metric_that_there_is_not():
    with pytest.raises(SettingsError, match="token_f1") as caught:
        make_part({"kind": "metric", "metric": "tokenf1"}, {})
    assert caught.value.complaints[0].code == "C076"


def test_programs_are_run_with_their_tests(lesson):
    checks = Checks(("assert double(2) == 4", "assert double(0) == 0", "assert double(3) == 6"))
    rows = [row("def double(n):\n    return 2 * n", checks)] * 3
    said = [
        Answer("def double(n):\n    return n + n"),
        Answer("def double(n):\n    return 4 if n else 0"),
        Answer(None),
    ]
    given = replace(lesson("answer"), task=Task(kind="code"), train=tuple(rows), val=())
    assert TestsReward().fit(given).score(rows, said) == [1.0, 0.0, 0.0]
    assert TestsReward(partial=True).fit(given).score(rows, said) == pytest.approx([1, 2 / 3, 0])


def test_tests_need_a_task_of_code_and_rows_with_tests(lesson):
    with problem(TrainError, "T112", None, "answer"):
        TestsReward().fit(lesson("answer"))
    bare = replace(lesson("answer"), task=Task(kind="code"), train=(row("x = 1"),))
    with problem(TrainError, "T112", None, "r"):
        TestsReward().fit(bare)
