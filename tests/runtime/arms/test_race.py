"""A run with a time limit is a race on val: who cannot win does not meet the test rows."""

import time
from dataclasses import replace

import pytest

import assay
from assay.decision.finished_arm import Arm
from assay.decision.larger_base import larger_base
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms import learning_on
from assay.runtime.arms.at_once import each_of
from assay.runtime.arms.contestant import Contestant
from assay.runtime.arms.process import Servers
from assay.runtime.arms.race import Race, race
from helpers.small_projects import bench_of_project, load_project
from helpers.toy import build, rows, write_rows

ARMS = """
minutes: 10
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 0}
  - {kind: lora, rank: 4, epochs: 2}
  - {kind: lora, rank: 4, epochs: 2, max_rows: 100}
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory, tiny_model):
    folder = build(tmp_path_factory.mktemp("race") / "p", tiny_model, ARMS)
    write_rows(folder / "train.jsonl", rows(400))
    heard = []
    return folder, assay.run(folder, tell=heard.append), heard


def noted(report, name):
    return next(arm.note for arm in report.arms if arm.name == name)


@pytest.mark.slow
def test_who_cannot_win_does_not_meet_the_test_rows(raced):
    folder, report, _ = raced
    found = {one["name"]: one for one in report.data["strategies"]}
    assert report.data["verdict"]["recommended"] == "tfidf"
    assert report.data["verdict"]["state"] == "use"  # nothing is left undecided
    for name in ("zero-shot", "lora-r4-e2", "lora-r4-e2-max-rows100"):
        assert found[name]["status"] == "pruned"
        assert not (folder / "report" / "predictions" / f"{name}.jsonl").exists()
    # in pieces; what is trained, after a part of the training rows
    assert [heat["asked"] for heat in found["zero-shot"]["heats"]] in ([16], [32], [44])
    assert [heat["rows"] for heat in found["lora-r4-e2"]["heats"]] == [119]
    # a third of the rows is all that this one learns from: it is fitted once
    assert [heat["rows"] for heat in found["lora-r4-e2-max-rows100"]["heats"]] == [100]
    assert 350 < (rows := found["tfidf"]["heats"][0]["rows"]) <= 360
    # it was stopped by its own score on val, whose rows the table counts
    (heat,), note = found["lora-r4-e2"]["heats"], noted(report, "lora-r4-e2")
    assert (heat["asked"], f"accuracy {heat['value']:.3f} against" in note) == (44, True)
    assert "on 44 val rows" in note
    page = (folder / "report" / "report.html").read_text(encoding="utf-8")
    assert f"It had learnt from 119 of {rows} rows." in page
    assert "of its training: accuracy" in page
    # and the verdict says on which base it lost
    said = larger_base(report.data)
    assert said.startswith("lora-r4-e2 lost to tfidf on ") and "0.5B base needs about 8 GB" in said
    assert "lora-r4-e2 lost to tfidf" in page
    assert "2 of 5 met them" in (folder / "report" / "report.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_heat_ends_with_the_state_of_the_report_and_its_score(raced):
    _, report, heard = raced
    ends = {
        event["name"]: event
        for event in heard
        if event["event"] == "stage" and event["name"].startswith("race, ")
    }
    assert ends["race, tfidf"]["state"] == "done" and ends["race, zero-shot"]["state"] == "pruned"
    (heat,) = next(one for one in report.data["strategies"] if one["name"] == "tfidf")["heats"]
    said = f"accuracy {heat['value']:.3f} on {heat['asked']} val rows"
    assert ends["race, tfidf"]["metric"] == said
    own = [event for event in heard if event.get("name") == "zero-shot"]
    assert [event["state"] for event in own if event["event"] == "stage"] == ["pruned"]


@pytest.mark.slow
def test_what_takes_long_and_cannot_be_counted_is_told(raced):
    _, _, heard = raced
    told = [(one.get("stage"), one["text"]) for one in heard if one["event"] == "activity"]
    loads = [stage for stage, text in told if text.startswith("loading") and stage]
    assert "race, zero-shot" in loads and "race, lora-r4-e2 on 119 rows" in loads
    assert ("curate", "reading") in told and (None, "writing the report") in told


@pytest.mark.slow
def test_the_same_again_asks_nothing_and_says_the_same(raced):
    folder, report, _ = raced
    heard = []
    again = assay.run(folder, tell=heard.append)
    assert not [one for one in heard if one.get("event") == "progress"]
    for one, other in zip(report.data["strategies"], again.data["strategies"], strict=True):
        assert one["status"] == other["status"]


@pytest.mark.slow
def test_at_once_the_same_are_left_out(raced, tmp_path, tiny_model):
    _, report, _ = raced
    folder = build(tmp_path / "p", tiny_model, f"{ARMS}on: 2\n")
    write_rows(folder / "train.jsonl", rows(400))
    other = assay.run(folder)
    assert other.data["verdict"]["recommended"] == report.data["verdict"]["recommended"]
    for one, own in zip(report.data["strategies"], other.data["strategies"], strict=True):
        assert (one["name"], one["status"]) == (own["name"], own["status"])
        assert [heat["rows"] for heat in one["heats"]] == [heat["rows"] for heat in own["heats"]]


@pytest.mark.slow
def test_without_a_race_all_meet_the_test_rows(raced, tmp_path, tiny_model):
    folder = build(
        tmp_path / "p", tiny_model, ARMS.replace("minutes: 10", "minutes: 10\nrace: false")
    )
    report = assay.run(folder, only=["majority", "tfidf"])
    assert all(one["heats"] == [] for one in report.data["strategies"])


def test_heats_of_a_turn_run_at_once(tmp_path):
    arms = "compare: [{kind: majority}, {kind: ngram}, {kind: copy}]\n"
    bench, exam = bench_of_project(load_project(tmp_path / "project", arms=arms))
    waves = []

    def each(work, some):
        waves.append([one.name for one in some])
        for one in some:
            work(one, bench)

    field = [Contestant(name, one) for name, one in bench.project.arms.items()]
    val = Exam(bench.prepared.examples("train")[:24])
    with Servers(at_once=2) as servers:
        both = replace(bench, servers=servers)
        turns = [*Race(both, field, val, len(exam), time.monotonic() + 60, each).turns()]
    assert waves[0] == ["majority", "ngram", "copy"]  # all of them are baselines
    assert [len(turn) for turn in turns] == [3, 0, 0] and all(one.met for one in field)


def test_heat_after_heat_leaves_the_time_for_the_test_rows(tmp_path):
    bench, exam = bench_of_project(load_project(tmp_path / "project"))
    strategy = next(iter(bench.project.arms.values()))
    done, *late = (Contestant(f"{at}", strategy) for at in range(9))
    done.done, done.asking = Arm("0", strategy.kind), 7.0
    now = time.monotonic()
    run = Race(bench, [done, *late], exam, len(exam), now + 100, lambda *_: None)
    run._run_heats([])
    # 7 seconds for its questions and 5 to start, however little is left for the last heats
    assert {round(run._end_of_heat(one) - now) for one in late} == {88}
    run.until = now + 20
    assert {round(run._end_of_heat(one) - now) for one in late} == {8}
    # more than half of what there was as they began is never kept
    run._run_heats([])
    assert {round(run._end_of_heat(one) - now) for one in late} == {10}


def test_without_a_limit_the_order_is_that_of_the_file(tmp_path):
    bench, exam = bench_of_project(load_project(tmp_path / "project"))
    with each_of(bench, bench.project.arms) as each:
        (group,) = race(bench, bench.project.arms, exam, None, each)
    order = [one.name for one in group]
    assert order == [*bench.project.arms] and len(order) > 1


@pytest.mark.slow
def test_who_stays_is_tested_by_folds_and_what_a_heat_has_fitted_is_kept(tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model, ARMS + "split: {folds: 3, val: 0.2}\n")
    (folder / "test.jsonl").unlink()
    file = folder / "project.yaml"
    file.write_text(file.read_text().replace(", test: test.jsonl", ""))
    write_rows(folder / "train.jsonl", rows(150))
    report = assay.run(folder)
    found = {one["name"]: one for one in report.data["strategies"]}
    assert report.data["rows"]["folds"] == 3 and report.data["rows"]["test"] == 120
    assert found["tfidf"]["n"] == 120 and found["tfidf"]["heats"][0]["rows"] == 120
    assert found["lora-r4-e2"]["status"] == "pruned"
    fits = [path for path in (folder / "work" / "fit").iterdir() if (path / "done.json").exists()]
    # of majority and tfidf one of all rows and three of two folds; of the base one, asked val alone
    assert len(fits) == 4 + 4 + 1


@pytest.mark.slow
def test_a_training_that_is_too_long_stands_with_the_rows_that_it_has_learnt_from(
    tmp_path, tiny_model, monkeypatch
):
    lora = "{kind: lora, rank: 4, epochs: 6, learning_rate: 2e-2}"
    arms = f"minutes: 10\ncompare: [{{kind: majority}}, {{kind: shots, k: 0}}, {lora}]\n"
    folder = build(tmp_path / "p", tiny_model, arms)
    write_rows(folder / "train.jsonl", rows(400))
    # after the heat on a part of the rows no time is left for another one
    monkeypatch.setattr(
        Race, "_end_of_heat", lambda _, one: time.monotonic() + 600 * (not one.heats)
    )
    monkeypatch.setattr(learning_on, "WORTH", 3600.0)
    report = assay.run(folder)
    found = {one["name"]: one for one in report.data["strategies"]}
    whole, part = (found[name] for name in found if name.startswith("lora"))
    assert (whole["status"], part["status"]) == ("stopped", "done")
    assert part["name"] == f"{whole['name']}-max-rows119" and part["settings"]["max_rows"] == 119
    assert f"{part['name']} stands for it." in noted(report, whole["name"])
    assert report.data["verdict"]["state"] == "so far"
    # reports and commands know it
    again = assay.run(folder)
    assert {one["name"]: one["status"] for one in again.data["strategies"]} == {
        name: one["status"] for name, one in found.items()
    }
    (reply,) = assay.ask("where is my order", folder, part["name"]).replies
    assert reply.answer.text
