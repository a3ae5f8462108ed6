"""A search in a run: what is kept is asked, exported and found again as if it had been written with
its settings; nothing is fitted twice; a killed search goes on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

import assay
from assay.cli.main import command
from assay.core import store
from assay.runtime.arms.open import bench_of
from helpers.nights import nightly_but
from helpers.toy import build

ARMS = """
search: {trials: 3, pruner: none}
compare:
  - {kind: majority}
  - {kind: tfidf, c: {low: 0.1, high: 10, log: true}}
  - {kind: lora, rank: [2, 4], epochs: 1, dropout: 0.1, name: lora-search}
"""
# Lines of it, and the searches that they have; a plan of LoRA tries steps of it.
PLANNED = [(5, ["tfidf-search"]), (6, ["tfidf-search", "lora-search"])]


@pytest.fixture(scope="module")
def searched(tiny_model, tmp_path_factory):
    folder = build(tmp_path_factory.mktemp("searched") / "project", tiny_model, ARMS)
    assay.run(folder)
    return folder


def arms(folder):
    report = json.loads((folder / "report" / "report.json").read_text())
    return {one["name"]: one for one in report["strategies"]}


@pytest.mark.slow
def test_the_report_has_the_trials_and_one_piece_is_kept(searched):
    found = arms(searched)
    assert set(found) == {"majority", "tfidf-search", "lora-search"}
    assert found["majority"]["search"] is None
    of_lora = found["lora-search"]["search"]
    assert len(of_lora["trials"]) == 2  # there are no more combinations
    assert of_lora["trials"][0]["values"] == {"rank": 2}
    names = [part["name"] for part in found["lora-search"]["cost"]["parts"]]
    assert names[1:] == ["lora"] and len(names) == 2  # the base and what was kept
    seconds = sum(one["seconds"] for one in of_lora["trials"])
    assert found["lora-search"]["cost"]["fit_seconds"] >= 0.9 * seconds
    page = (searched / "report" / "report.html").read_text()
    assert "Searched: 2 trials in" in page and "Searched: 3 trials in" in page


@pytest.mark.slow
def test_more_rows_are_learnt_with_the_settings_that_were_found(searched, tmp_path):
    folder = tmp_path / "curve"
    shutil.copytree(searched, folder)
    project = folder / "project.yaml"
    curve = "evaluate: {learning_curve: {sizes: [0.5], draws: 1, arms: [tfidf-search]}}\n"
    project.write_text(project.read_text() + curve)
    before = [*folder.glob("work/fit/*/arm/search.json")]
    report = assay.run(folder)
    (found,) = report.data["learning_curve"]["arms"]
    assert [point["rows"] for point in found["points"]] == [30, 59]
    assert [*folder.glob("work/fit/*/arm/search.json")] == before != []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::assay.Differs")
def test_what_is_kept_is_opened_as_if_it_had_been_written_so(searched, tmp_path):
    values = arms(searched)["lora-search"]["search"]["values"]
    _, strategy = bench_of(searched, "lora-search", True, lambda event: None)
    assert strategy.kind == "lora" and strategy.rank == values["rank"]
    answers = assay.load(searched, "lora-search").answer(["which room has a door"])
    assert answers[0].text in {"pay", "lend", "meet"}
    done = assay.export(searched, "lora-search", "peft", tmp_path / "out", rows=3)
    assert done.state == "passed"
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["r"] == values["rank"]


@pytest.mark.slow
@pytest.mark.parametrize(("last", "names"), nightly_but(PLANNED[:1], PLANNED))
def test_the_plan_counts_the_trials(tiny_model, tmp_path, capsys, last, names):
    folder = build(tmp_path / "project", tiny_model, "\n".join(ARMS.split("\n")[:last]))
    assert command(["run", str(folder), "--plan"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in names)
    assert not (folder / "work" / "fit").exists()


@pytest.mark.slow
def test_a_second_run_fits_nothing(searched):
    before = {place: place.stat().st_mtime_ns for place in (searched / "work" / "fit").iterdir()}
    figures = {name: one["metrics"] for name, one in arms(searched).items()}
    assay.run(searched)
    after = {place: place.stat().st_mtime_ns for place in (searched / "work" / "fit").iterdir()}
    assert after == before and {n: one["metrics"] for n, one in arms(searched).items()} == figures


@pytest.mark.nightly
@pytest.mark.parametrize("nth", range(20))
def test_a_killed_search_has_the_same_trials(searched, tiny_model, tmp_path, nth):
    """Every second time the worker is killed with the run; else it has to notice by itself."""
    folder = build(tmp_path / "project", tiny_model, ARMS)
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--offline"]
    run = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(1 + 0.7 * nth)  # all of it takes 11 to 15
    (os.killpg if nth % 2 else os.kill)(run.pid, signal.SIGKILL)
    run.wait()
    assay.run(folder)

    def trials(name, place):
        found = arms(place)[name]["search"]["trials"]
        return [(one["values"], one["state"], one["score"], one["curve"]) for one in found]

    for name in ("tfidf-search", "lora-search"):
        assert trials(name, folder) == trials(name, searched)
    assert not [p for p in (folder / "work" / "fit").rglob("*") if p.name == "training"]
    assert store.read_json(folder / "report" / "report.json")
