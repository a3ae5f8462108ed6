"""A run on a cluster of three nodes: the report of one machine, also where a node is lost."""

import json
import signal
import subprocess
import sys

import pytest

import assay
from helpers.problems import problem
from helpers.ray_cluster import QUIETLY, free_port, lose, node_ids, three_nodes
from helpers.small_projects import write_project
from helpers.toy import build, comparable
from helpers.workers import none_left

pytestmark = [QUIETLY, pytest.mark.nightly]

ARMS = """
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 2}
  - {kind: prompt_search, inner: {kind: shots, k: 2}}
"""
LONG = """
compare:
  - {kind: majority}
  - {kind: lora, rank: 4, epochs: 12, name: long}
"""


PORT = free_port()  # of Ray's client server


@pytest.fixture(scope="module")
def cluster():
    with three_nodes(PORT) as started:
        yield started


def test_the_report_is_that_of_one_machine_but_for_times(cluster, tmp_path, tiny_model):
    heard = []
    alone = assay.run(build(tmp_path / "alone", tiny_model, ARMS)).data
    folder = build(tmp_path / "nodes", tiny_model, ARMS)
    found = assay.run(folder, on=cluster.address, tell=heard.append).data
    assert comparable(found) == comparable(alone)
    ran = {e["stage"]: e["id"] for e in heard if e.get("event") == "node"}
    assert set(ran) >= {"majority", "tfidf", "few-shot-2"}
    # Only two of the nodes have what passes for a graphics card.
    head = cluster.head_node.node_id
    assert head not in {ran[name] for name in ran if name not in ("majority", "tfidf")}
    # All is kept where one machine would have kept it: nothing is computed again there.
    again = []
    assert comparable(assay.run(folder, tell=again.append).data) == comparable(alone)
    states = {e["name"]: e["state"] for e in again if e.get("event") == "stage" and "value" in e}
    assert set(states.values()) == {"cached"}, states
    assert len((folder / "exam.jsonl").read_text().splitlines()) == 1


def test_two_at_a_time_on_this_machine_have_the_report_of_one_after_another(tmp_path, tiny_model):
    alone = assay.run(build(tmp_path / "alone", tiny_model, ARMS)).data
    heard = []
    found = assay.run(build(tmp_path / "two", tiny_model, ARMS), on="2", tell=heard.append).data
    assert comparable(found) == comparable(alone)
    states = [e["state"] for e in heard if e.get("event") == "stage" and e["name"] != "curate"]
    assert states[:2] == ["start", "start"] and "failed" not in states


def test_a_machine_outside_the_cluster_runs_by_ray_s_client(cluster, tmp_path):
    arms = "name: small\ncompare: [{kind: majority}, {kind: tfidf}]\n"
    alone = assay.run(write_project(tmp_path / "alone", arms=arms)).data
    folder = write_project(tmp_path / "nodes", arms=arms)
    assert comparable(assay.run(folder, on=f"ray://127.0.0.1:{PORT}").data) == comparable(alone)


def test_a_node_lost_in_the_middle_of_a_training_costs_nothing_but_time(
    cluster, tmp_path, tiny_model
):
    alone = assay.run(build(tmp_path / "alone", tiny_model, LONG)).data
    heard, at = [], []

    def tell(event):
        heard.append(event)
        if event.get("unit") == "step" and event["done"] >= 6 and not at:
            at.append(event["done"])
            lose(cluster, node_ids(heard, "long")[-1])

    folder = build(tmp_path / "nodes", tiny_model, LONG)
    found = assay.run(folder, on=cluster.address, tell=tell).data
    nodes = node_ids(heard, "long")
    assert len(nodes) == len(set(nodes)) == 2 and at
    assert [e for e in heard if e.get("event") == "note" and e["text"].startswith("R185")]
    assert comparable(found) == comparable(alone)
    assert {arm["status"] for arm in found["strategies"]} == {"done"}
    logged = [json.loads(line) for line in (folder / "work/events.jsonl").open()]
    assert [line["id"] for line in logged if line["event"] == "node" and line["arm"] == "long"] == (
        nodes
    )


def test_what_no_node_has_is_said_before_anything_is_fitted(cluster, tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model, ARMS)
    with problem(assay.ResourceError, "R184", "on", "2 graphics cards", "on.gpus"):
        assay.run(folder, sets=["on.gpus=2"], on=cluster.address)
    assert not (folder / "work/fit").exists()


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGKILL", -9)])
def test_a_run_that_is_ended_ends_its_workers_and_keeps_what_they_have(
    number, code, tmp_path, tiny_model, monkeypatch
):
    monkeypatch.setenv("RAY_ADDRESS", "local")  # not that of another test
    folder = build(tmp_path / "p", tiny_model, LONG.replace("epochs: 12", "epochs: 200"))
    command = [sys.executable, "-m", "assay.cli", "run", "--plain", "--on", "ray", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        assert any("train=" in line for line in run.stderr), "it never told of a step"
        run.send_signal(getattr(signal, number))
        said = run.communicate(timeout=120)[1]
    assert run.returncode == code
    assert none_left(folder, 30)
    if number == "SIGTERM":
        assert "assay run" in said
        assert [*(folder / "work/fit").glob("*/training/state-*")]
