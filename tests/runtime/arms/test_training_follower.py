"""The other processes of a training: they tell nothing, save nothing and fit no inner arm."""

from assay.runtime.arms.job import Job
from assay.runtime.arms.training_follower import train_silently
from helpers.arm_requests import arm_request

ROUTER = {
    "kind": "router",
    "cheap": {"kind": "majority"},
    "strong": {"kind": "copy"},
    "threshold": 1.0,
}


def test_inner_arms_are_those_that_process_0_has_fitted(tmp_path):
    heard = []
    lead = Job(tmp_path, arm_request(tmp_path, ROUTER), [].append)
    lead.fit_or_load(lead.strategy, lead.lesson(), "fit")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    # Without the stages of process 0 this would wait for ever.
    train_silently(Job(tmp_path, lead.request, heard.append))
    assert heard == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
