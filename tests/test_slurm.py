"""The recipe for Slurm, on a cluster of three nodes: the report of one machine, also where the job
is queued again in the middle."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import assay
from helpers import slurm
from helpers.toy import build, comparable

pytestmark = pytest.mark.nightly

RECIPE = Path(__file__).parents[1] / "examples" / "slurm.sbatch"
ARMS = """
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 2}
  - {kind: lora, rank: 4, epochs: 80, name: long}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    pytest.importorskip("ray", reason="needs the extra ray: pip install 'assay[ray]'")
    with slurm.three_nodes(tmp_path_factory.mktemp("slurm")) as variables:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        yield {**variables, "PATH": path}


def wait_for(what, seconds=900):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.2)


def told(folder):
    log = folder / "work/events.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def submitted(cluster, folder):
    """The number of a job of three nodes, once the training goes on."""
    words = ("--nodes=3", "--cpus-per-task=1", str(RECIPE), str(folder))
    job = slurm.submit(cluster, folder.parent, *words)
    wait_for(lambda: any(e.get("unit") == "step" and e["done"] >= 6 for e in told(folder)))
    return job


def wait_for_end(cluster, job):
    over = ("COMPLETED", "FAILED", "CANCELLED")
    wait_for(lambda: slurm.state(cluster, job)["JobState"] in over)
    return slurm.state(cluster, job)


def test_a_job_that_is_queued_again_has_the_report_of_one_machine(cluster, tmp_path, tiny_model):
    alone = assay.run(build(tmp_path / "alone", tiny_model, ARMS)).data
    folder = build(tmp_path / "nodes", tiny_model, ARMS)
    job = submitted(cluster, folder)
    # What Slurm sends when the time is nearly over.
    subprocess.run(["scancel", "--batch", "--signal=USR1", job], env=cluster, check=True)
    end = wait_for_end(cluster, job)
    assert end["ExitCode"] == "0:0", (tmp_path / f"assay-{job}.log").read_text()
    assert end["Restarts"] == "1"
    found = json.loads((folder / "report" / "report.json").read_text())
    assert comparable(found) == comparable(alone)
    nodes = [(one["arm"], one["id"]) for one in told(folder) if one["event"] == "node"]
    assert len({id for _, id in nodes}) > 1
    assert [arm for arm, _ in nodes].count("long") == 2  # before and after


def test_a_job_that_is_ended_keeps_what_it_has(cluster, tmp_path, tiny_model):
    folder = build(tmp_path / "nodes", tiny_model, ARMS.replace("epochs: 80", "epochs: 400"))
    job = submitted(cluster, folder)
    subprocess.run(["scancel", "--batch", "--signal=TERM", job], env=cluster, check=True)
    assert wait_for_end(cluster, job)["ExitCode"] == "143:0"
    assert [*(folder / "work/fit").glob("*/training/state-*")]
    wait_for(lambda: "What is done is kept" in (tmp_path / f"assay-{job}.log").read_text(), 60)
