"""The end of a run: written, and what was there before is kept."""

import json

import pytest

from assay.core import store
from assay.reporting.publish import CARD, build_report, environment, keep_past, publish
from assay.runtime.arms.measured_records import NAME
from assay.runtime.arms.strategy_run import compete
from helpers.small_projects import answer_here, bench_of_project, load_project
from helpers.weighings import FLOOR, GOOD, weighed


def saved(folder, data):
    store.write_json(folder / "report.json", data)


def test_a_report_that_says_the_same_again_moves_nothing(tmp_path):
    data = json.loads(json.dumps(weighed(FLOOR, GOOD)))
    keep_past(tmp_path, data)  # there is none yet
    saved(tmp_path, data)
    keep_past(tmp_path, data)
    assert not (tmp_path / "past").exists()


def test_what_says_something_else_is_kept_under_the_next_number(tmp_path):
    data = json.loads(json.dumps(weighed(FLOOR, GOOD)))
    (tmp_path / "past" / "9").mkdir(parents=True)
    saved(tmp_path, data)
    (tmp_path / CARD).write_text("card")
    keep_past(tmp_path, {**data, "seed": 99})
    assert store.read_json(tmp_path / "past" / "10" / "report.json") == data
    assert (tmp_path / "past" / "10" / CARD).read_text() == "card"
    assert store.read_json(tmp_path / "report.json") == data  # a page may show it meanwhile
    keep_past(tmp_path, {**data, "seed": 99})  # a run that was killed before it had written
    assert [one.name for one in (tmp_path / "past").iterdir() if one.name != "9"] == ["10"]
    (tmp_path / "report.json").write_text("{")
    keep_past(tmp_path, data)
    assert (tmp_path / "past" / "11" / "report.json").read_text() == "{"


@pytest.fixture
def ran(tmp_path):
    """A bench whose majority has answered, the arm and the test rows."""
    bench, exam = bench_of_project(load_project(tmp_path / "project"))
    arm = bench.project.arms["majority"]
    answer_here(bench, arm, exam)
    return bench, exam, compete(bench, "majority", arm, exam, lambda: 1, None)


def test_a_run_leaves_the_report_its_card_and_how_it_is_opened_again(ran):
    bench, exam, done = ran
    data = build_report(bench, [done], exam, 1, [])
    assert (data["project"], data["seed"], data["exam"]["opened"]) == ("project", 3, 1)
    report = publish(bench, [done], exam, data)
    folder = bench.project.report_folder
    names = {path.name for path in folder.iterdir()}
    assert {"report.json", "report.html", "report.md", "predictions", CARD, NAME} <= names
    assert report.folder == folder and report.verdict["recommended"] == "majority"
    assert list(store.read_json(folder / NAME)["arms"]) == ["majority"]


def test_the_surroundings_are_those_that_the_arms_depend_on(ran):
    bench, _, _ = ran
    found = environment(bench)
    assert bench.numeric.items() <= found.items()
    assert found["models"] == {} and "served" not in found
