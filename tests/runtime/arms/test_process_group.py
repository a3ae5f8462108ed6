"""A worker that trains with others: started, stopped, killed; and all of them started by
torchrun."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager

import pytest
from torch.distributed import FileStore

from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.errors import TrainError
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.model_lookup import find_models
from assay.runtime.arms.process import worker
from assay.runtime.arms.process_group import Others
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from helpers.lines import named
from helpers.problems import unnamed
from helpers.toy import build
from helpers.workers import alive, none_left

pytestmark = pytest.mark.slow

LORA = """
compare:
  - {kind: lora, processes: N, epochs: EPOCHS, dropout: DROP, rank: 4,
     val_rows: 8, batch_size: 4, patience: 99}
"""
SHARD = """
compare:
  - {kind: full, processes: N, shard: SHARE, epochs: EPOCHS,
     val_rows: 8, batch_size: 4, patience: 99}
"""
INSIDE = """
documents: [notes.md]
compare:
  - kind: rag
    top: 1
    inner: {kind: lora, processes: N, epochs: EPOCHS, dropout: DROP, rank: 4,
            val_rows: 8, batch_size: 4, patience: 99}
"""


@pytest.fixture
def asked(tmp_path, tiny_model, monkeypatch):
    """`asked(name, processes)`: (bench, folder) of a worker that has its request and was not
    started."""
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    def make(name, processes, epochs=2, dropout=0.0, arms=LORA):
        arms = (
            arms.replace("N", str(processes))
            .replace("EPOCHS", str(epochs))
            .replace("DROP", str(dropout))
        )
        arms = arms.replace("SHARE", str(processes > 1).lower())
        folder = build(tmp_path / name, tiny_model, arms)
        (folder / "notes.md").write_text(
            "# Paying\n\nThe bill and the price.\n\n# Lending\n\nA book, a shelf.\n"
        )
        project = load(folder / "project.yaml")
        prepared = prepare(project, silent)
        (strategy,) = project.arms.values()
        bench = Bench(project, prepared, find_models(project, [strategy], True, silent), silent)
        exam = Exam(prepared.examples("test"))
        stage = bench.stage(strategy, exam.hash)
        folder = stage.open()
        questions = project.work / "questions.jsonl"
        store.write_lines(questions, (q.to_json() for q in exam.questions))
        request = {
            **bench.request(strategy),
            "mode": "arm",
            "questions": str(questions),
            "answer_key": stage.key,
        }
        store.write_json(folder / "request.json", request)
        return bench, folder

    return make


def fitted(bench) -> dict:
    """What the training has left: curve and weights."""
    (file,) = (bench.project.work / "fit").glob("*/arm/tuned.json")
    (weights,) = (place.read_bytes() for place in file.parent.glob("*model.safetensors"))
    return {"curve": store.read_json(file)["curve"], "weights": weights}


def steps(process):
    """Wait for the second optimiser step."""
    for line in process.stdout:
        event = json.loads(line)
        if event.get("unit") == "step" and event["done"] >= 2:
            return
    raise AssertionError("it ended before a step")


@pytest.mark.parametrize(
    "arms",
    [
        pytest.param(LORA, id="lora", marks=pytest.mark.nightly),
        pytest.param(SHARD, id="shard", marks=pytest.mark.nightly),
        pytest.param(INSIDE, id="rag", marks=pytest.mark.nightly),
    ],
)
def test_two_processes_fit_the_arm_of_one(asked, arms):
    curves = []
    for processes in (1, 2):
        bench, folder = asked(f"p{processes}", processes, arms=arms)
        bench.launch(folder, store.read_json(folder / "request.json"), "arm")
        curves.append(fitted(bench)["curve"])
        assert none_left(bench.project.folder)
        assert not list(bench.project.work.rglob("team"))
    for name in ("step", "train_loss", "val_loss", "val"):
        one, two = ([point[name] for point in curve] for curve in curves)
        assert two == pytest.approx(one, rel=1e-4)


@pytest.mark.nightly
def test_a_killed_other_ends_the_worker_with_its_number_and_the_next_run_goes_on(asked):
    expected, folder = asked("whole", 2, epochs=8, dropout=0.1)
    expected.launch(folder, store.read_json(folder / "request.json"), "lora")
    bench, folder = asked("p", 2, epochs=8, dropout=0.1)
    request = store.read_json(folder / "request.json")
    with worker(folder) as process:
        steps(process)
        (other,) = [pid for pid in alive(bench.project.folder) if pid != process.pid]
        os.kill(other, signal.SIGKILL)
        with pytest.raises(TrainError) as caught:
            bench._listen(process, "lora", None, folder)
    (killed,) = caught.value.problems
    assert killed.code == "T050" and not unnamed(killed, "process 1", "killed", "memory")
    assert none_left(bench.project.folder)
    bench.launch(folder, request, "lora")
    assert fitted(bench)["weights"] == fitted(expected)["weights"]


@pytest.mark.nightly
def test_a_killed_worker_leaves_nobody_behind(asked):
    bench, folder = asked("p", 3, epochs=30)
    with worker(folder) as process:
        steps(process)
        assert len(alive(bench.project.folder)) == 3
        process.kill()
        process.wait()
        assert none_left(bench.project.folder)


@pytest.mark.nightly
def test_a_stop_saves_and_ends_all(asked):
    bench, folder = asked("p", 2, epochs=30)
    with worker(folder) as process:
        steps(process)
        process.terminate()
        assert process.wait(20) == 143
    assert none_left(bench.project.folder)
    assert list((bench.project.work / "fit").glob("*/training/state-*"))


@contextmanager
def ending(code):
    """One other process, which ends at once."""
    with tempfile.TemporaryFile() as said:
        others = Others(
            [subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])], [said]
        )
        yield others
        others.end()


def test_one_that_ends_before_it_has_arrived_is_named(tmp_path):
    with ending(3) as others, pytest.raises(TrainError) as caught:
        others.arrive(FileStore(str(tmp_path / "store"), 2))
    assert caught.value.problems[0].code == "T050" and not unnamed(
        caught.value.problems[0], "process 1", "3"
    )


@pytest.mark.nightly
def test_one_that_ends_while_nobody_waits_for_it_ends_the_worker(tmp_path, forked):
    said = tmp_path / "said"

    def work():
        with ending(4) as others, others.supervise(lambda error: said.write_text(str(error))):
            time.sleep(60)  # an evaluation

    assert forked(work) == TrainError.exit_code
    assert named(said.read_text(), "T050", "4")


def torchrun(folder):
    """Two processes of the worker, started by torchrun."""
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.run(
        [*command, "-m", "assay.worker", str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


@pytest.mark.nightly
def test_torchrun_may_start_them(asked):
    bench, folder = asked("p", 2)
    done = torchrun(folder)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()].count("error") == 0
    own, folder = asked("own", 2)
    own.launch(folder, store.read_json(folder / "request.json"), "lora")
    assert fitted(bench)["curve"] == fitted(own)["curve"]


@pytest.mark.nightly
def test_torchrun_with_another_number_is_refused(asked):
    bench, folder = asked("p", 3)
    done = torchrun(folder)
    assert done.returncode
    assert "T051" in done.stdout
    assert none_left(bench.project.folder)
