"""A worker on a node is a process like any other: it tells, ends, is asked to end, is killed."""

import json
import signal

import pytest

import assay
from assay.core.processes import end_process
from assay.runtime.cluster.node_worker import NodeProcess, NodeWorker, unseen_problem
from helpers.ray_cluster import QUIETLY, connected
from helpers.small_projects import answer_here, bench_of_project, load_project, write_project
from helpers.toy import comparable


def test_a_folder_that_is_not_seen_is_said_with_the_node():
    found = unseen_problem("10.0.0.7", ["/p/work", "/p/model"])
    assert (found.code, found.place) == ("R182", "on")
    assert "10.0.0.7" in found.text and "/p/work and 1 more" in found.text


@pytest.mark.nightly
@QUIETLY
def test_a_run_on_a_ray_of_this_machine_has_the_report_of_one_without(tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    monkeypatch.setenv("RAY_ADDRESS", "local")  # not that of another test
    import ray

    heard = []
    arms = "name: small\ncompare: [{kind: majority}, {kind: tfidf}]\n"
    alone = assay.run(write_project(tmp_path / "alone", arms=arms)).data
    folder = write_project(tmp_path / "nodes", arms=arms)
    found = assay.run(folder, on="ray", tell=heard.append).data
    assert comparable(found) == comparable(alone)
    assert {e["stage"] for e in heard if e.get("event") == "node"} == {"majority", "tfidf"}
    assert not ray.is_initialized()


@pytest.fixture(scope="module")
def started():
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ADDRESS", "local")  # not that of another test
        with connected("ray") as ray:
            yield ray


@pytest.fixture
def start(started, tmp_path):
    """Starts the worker of an arm on the node; more paths that it must see."""
    bench, exam = bench_of_project(load_project(tmp_path / "project"))
    arm = bench.project.arms["majority"]
    answer_here(bench, arm, exam)
    folder = bench.stage(arm, exam.hash).folder
    request = {**bench.request(arm), "mode": "arm", "shared": True}
    request |= {"questions": str(bench.project.work / "asked.jsonl")}
    request |= {"answer_key": bench.answer_key(arm, exam.hash)}
    (folder / "request.json").write_text(json.dumps(request))

    begun = []

    def start(*paths: str, actors: list | None = None) -> NodeProcess:
        made = started.remote(NodeWorker).options(num_cpus=0)
        actor = made.remote(str(folder), {}, paths)
        if actors is not None:
            actors.append(actor)
        begun.append(NodeProcess(started, lambda: actor, lambda: pytest.fail("refused")))
        return begun[-1]

    yield start
    for process in begun:
        end_process(process)


@pytest.mark.nightly
@QUIETLY
def test_it_tells_its_node_and_ends_with_its_own_code(start):
    process = start()
    events = [json.loads(line) for line in process.stdout]
    assert process.wait(10) == process.returncode == 0
    assert events[0]["event"] == "node" and events[0]["node"]


@pytest.mark.nightly
@QUIETLY
def test_a_node_that_sees_less_than_it_must_says_so(start, tmp_path):
    process = start(str(tmp_path), str(tmp_path / "gone"))
    last = json.loads([*process.stdout][-1])
    assert process.wait(10) == 4
    assert last["event"] == "error" and last["problems"][0][0] == "R182"
    assert str(tmp_path / "gone") in last["problems"][0][1]


@pytest.mark.nightly
@QUIETLY
@pytest.mark.parametrize("ask", ["terminate", "kill"])
def test_it_ends_when_it_is_asked_to(start, ask):
    process = start()
    getattr(process, ask)()
    ended = {"terminate": {0, 128 + signal.SIGTERM, -signal.SIGTERM}, "kill": {-signal.SIGKILL}}
    assert process.wait(60) in ended[ask]


@pytest.mark.nightly
@QUIETLY
def test_a_worker_that_is_lost_once_too_often_says_so(start, started):
    actors = []
    process = start(actors=actors)
    assert json.loads(process.stdout.readline())["event"] == "node"
    started.kill(actors[0])  # as Ray has it where no restart is left
    last = json.loads([*process.stdout][-1])
    assert process.wait(10) == 4
    assert last["problems"][0][0] == "R186" and "on.retries" in last["problems"][0][3]
