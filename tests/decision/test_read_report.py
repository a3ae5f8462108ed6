"""Reports of earlier runs: read where they are whole, completed where an earlier version wrote
them, refused else."""

import json

import pytest

from assay.core.errors import UsageError
from assay.decision.read_report import read_report
from helpers.problems import problem
from helpers.weighings import FLOOR, GOOD, weighed


@pytest.fixture(scope="module")
def data():
    return weighed(FLOOR, GOOD)


@pytest.fixture
def saved(tmp_path):
    def write(value):
        file = tmp_path / "report.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return file

    return write


def test_what_a_run_wrote_comes_back_as_it_is(saved, data):
    whole = json.loads(json.dumps(data))
    assert read_report(saved(whole)) == whole


@pytest.mark.parametrize("lost", ["verdict", "strategies", "metrics"])
def test_a_report_that_lacks_a_part_is_damaged(saved, data, lost):
    broken = {key: value for key, value in data.items() if key != lost}
    if lost == "metrics":  # as of 0.1.0, but of arms that are none
        broken["strategies"] = [{"name": "a"}]
    with problem(UsageError, "C186", "report.json", "past/"):
        read_report(saved(broken))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000])
def test_what_is_no_report_is_refused(saved, text):
    with problem(UsageError, "C186"):
        read_report(saved(text))


def test_a_report_of_the_first_version_gets_what_was_not_looked_at_then(saved, data):
    old = json.loads(json.dumps(data))
    del old["metrics"], old["change"]
    for arm in old["strategies"]:
        for key in ("guards", "fit", "by"):
            del arm[key]
        arm["cost"] = {"fit_seconds": 1.0}
    old["verdict"] = {"recommended": "good", "reason": "", "doubt": "It may differ."}
    found = read_report(saved(old))
    assert found["metrics"]["accuracy"] == {"unit": ""}
    assert found["verdict"]["undecided"] == "It may differ." and found["verdict"]["out"] == []
    assert found["strategies"][1]["cost"]["month"] is None
    assert found["strategies"][1]["cost"]["fit_seconds"] == 1.0
