"""An arm as the report is given it."""

import dataclasses

import pytest

from assay.decision.finished_arm import Arm
from assay.evaluation.scoring import judge
from helpers.weighings import FLOOR, GOOD, TASK, records, weighed


def test_an_arm_is_made_of_a_name_and_a_kind_and_stays_as_it_is():
    one, two = Arm("a", "lora"), Arm("b", "lora")
    assert one.status == "done" and not one.floor and one.records == []
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.status = "failed"
    # No two arms share what they hold.
    assert one.records is not two.records and one.cost is not two.cost


def test_arms_that_are_not_done_stand_in_the_report_without_a_score():
    failed = Arm("b", "lora", status="failed", note="T001 the loss is not a number")
    data = weighed(FLOOR, GOOD, failed)
    one = next(arm for arm in data["strategies"] if arm["name"] == "b")
    assert (one["status"], one["metrics"]) == ("failed", {})
    assert data["verdict"]["recommended"] == "good"


def test_records_are_judged_once_for_a_task_and_anew_for_another_or_other_records():
    arm = dataclasses.replace(GOOD)
    found = arm.scores_by(TASK)
    assert arm.scores_by(TASK.model_copy()) is found
    assert found.values == judge(arm.records, TASK).values
    other = TASK.model_copy(update={"metrics": ("mcc",)})
    assert "mcc" in arm.scores_by(other).values and "mcc" not in found.values
    worse = dataclasses.replace(arm, records=records(range(100)))
    assert worse.scores_by(TASK).values["accuracy"] == 0.75
