"""Models that curation borrows: a process of its own, results that outlive a kill, a parent without
torch."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assay.config import load
from assay.core.errors import ResourceError
from assay.core.types import Means, Message
from assay.runtime.data_stage import model_service
from helpers.bert import build
from helpers.lines import named
from helpers.problems import problem
from helpers.toy import rows, write_rows

TEXTS = [f"card lost in a taxi {'refund ' * (i % 7)}" for i in range(600)]  # three chunks


@pytest.fixture(scope="module")
def found(tmp_path_factory, tiny_model):
    place = build(tmp_path_factory.mktemp("bert"))
    shared = {"note": "", "licence": "", "context_length": 256}
    return {
        "embed": {"name": "bert", "digest": "b", "for": ["near"], "folder": str(place), **shared},
        "generate": {
            "name": "tiny",
            "digest": "t",
            "for": ["qa_pairs"],
            "folder": str(tiny_model),
            **shared,
        },
    }


@pytest.fixture
def events():
    return []


def lender(found, work, events=None):
    return model_service.Lender(
        found, work, (lambda event: None) if events is None else events.append
    )


@pytest.mark.nightly
def test_what_is_lent_is_what_the_models_compute(found, tmp_path, events, open_tiny, monkeypatch):
    from assay.models.embeddings import Embedder

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")
    prompts = [(Message("user", f"what is {i}"),) for i in range(20)]
    with lender(found, tmp_path, events) as lending:
        means = lending.means(Means())
        vectors, answers = means.embed(TEXTS), means.generate(prompts, 8)
        assert means.embed([]).shape[0] == 0 and means.generate([], 8) == []
    whole = Embedder(Path(found["embed"]["folder"]))(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, whole, atol=1e-5)
    model = open_tiny()
    parts = [prompts[:16], prompts[16:]]
    assert answers == [a.text for part in parts for a in model.generate(part, max_tokens=8)]
    notes = [event["text"] for event in events if event["event"] == "note"]
    assert notes == [
        "bert is loaded for near; what it computes is kept",
        "tiny is loaded for qa_pairs; what it computes is kept",
    ]
    told = [(e["done"], e["total"], e["unit"]) for e in events if e["event"] == "progress"]
    assert told == [
        (256, 600, "text"),
        (512, 600, "text"),
        (600, 600, "text"),
        (16, 20, "answer"),
        (20, 20, "answer"),
    ]
    assert lending.used["embed"]["items"] == 600 and lending.used["generate"]["seconds"] > 0


@pytest.mark.nightly
def test_a_killed_process_is_named_and_the_next_run_goes_on_with_the_same_bytes(found, tmp_path):
    with lender(found, tmp_path / "whole") as lending:
        whole = lending.embed(TEXTS)
    with problem(ResourceError, "R005", None, "bert"), lender(found, tmp_path) as lending:
        lending.embed(TEXTS[:256])
        os.kill(lending._process.pid, signal.SIGKILL)
        lending.embed(TEXTS)
    kept = sorted(tmp_path.glob("lent/*/*.json"))
    events = []
    with lender(found, tmp_path, events) as lending:
        assert np.array_equal(lending.embed(TEXTS), whole)
    assert set(kept) < set(tmp_path.glob("lent/*/*.json"))
    # All is there now: no process is started, and a result with another hash is computed again.
    events.clear()
    with lender(found, tmp_path, events) as lending:
        assert np.array_equal(lending.embed(TEXTS), whole)
    assert not [event for event in events if event["event"] == "note"]
    first = next(path for path in kept if path.name != "request.json")
    mark = json.loads(first.read_text())
    assert mark["width"] != 8
    first.write_text(json.dumps({**mark, "width": 8}))
    with lender(found, tmp_path) as lending:
        assert np.array_equal(lending.embed(TEXTS), whole)


PROJECT = """version: 2
seed: 3
data: {files: {data: rows.jsonl}, columns: {question: text, answer: label}}
documents: [guide.md]
compare: [{kind: majority}]
"""
GUIDE = (
    "The depot opens at 7 in the morning and closes at 18:30. Lost parcels are kept there for 30"
    " days, then sold.\n"
)


def project_in(folder, more):
    write_rows(folder / "rows.jsonl", rows(90))
    (folder / "guide.md").write_text(
        "\n\n".join(f"# {i}\n\n{GUIDE.replace('30', str(30 + i))}" for i in range(20))
    )
    (folder / "project.yaml").write_text(PROJECT + more)
    return load(folder / "project.yaml")


def test_no_model_is_looked_for_where_no_part_needs_one(tmp_path):
    project = project_in(
        tmp_path, "model: there-is-none\ntask: {kind: answer}\naugment: [{kind: noise}]\n"
    )
    assert (
        model_service.model_needs(project) == {}
        and model_service.models(project, True, print) == {}
    )


@pytest.mark.nightly
def test_the_parent_of_a_project_with_a_model_loads_no_torch(tmp_path, tiny_model):
    project_in(
        tmp_path,
        f"model: {tiny_model}\n"
        "task: {kind: answer}\naugment: [{kind: qa_pairs, passages: 20}]\n",
    )
    script = """
import sys
from pathlib import Path
from assay import pipeline
from assay.config import load
checked = pipeline.check(load(Path(sys.argv[1])))
assert "torch" not in sys.modules
print("\\n".join(checked.lines()))
print(checked.prepared.cached)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "project.yaml")]
    first = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # A random model asks nothing, so nothing is made, and that is said.
    assert named(first, str(tiny_model), "qa_pairs", "20 texts")
    assert named(first, "D084", "qa_pairs")
    assert first.endswith("False\n")
    again = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert again == first.replace("False\n", "True\n")
