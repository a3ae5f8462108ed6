"""The probes through the worker: which arms are asked, what is kept, what the report says."""

import json
import re
import shutil

import pytest

import assay
from assay.audits.forgetting import section
from assay.audits.forgetting.run import find_trained, items_for
from assay.config import load
from assay.core.errors import DataError, UsageError
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.mixes.router import Router
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.retrieval.rag import Rag
from assay.strategies.training.full import Full
from assay.strategies.training.lora import Lora
from helpers.problems import problem
from helpers.toy import build

ARMS = """
compare:
  - {kind: majority}
  - {kind: lora, rank: 4, epochs: 1, learning_rate: 1.0e-9, name: still}
  - {kind: full, epochs: 1, learning_rate: 0.05, name: wild}
evaluate: {forgetting: {tokens: 4000}}
"""


def test_the_arm_whose_weights_answer():
    lora, full = Lora(), Full()
    assert list(find_trained(lora)) == [lora]
    assert list(find_trained(Rag(inner=lora))) == [lora]
    assert list(find_trained(Router(cheap=lora, strong=full))) == [full]
    # its strong model is the base
    assert not list(find_trained(Router(cheap=lora, strong=Shots(k=0))))
    assert not list(find_trained(Tfidf())) and not list(find_trained(Shots(k=0)))


@pytest.mark.slow
def test_probes_that_cannot_be_used_are_refused_before_an_arm_runs(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    with problem(DataError, "D125", "absent"):
        assay.run(folder, sets=["evaluate.forgetting.sets=absent"])
    assert not (folder / "work" / "fit").exists()
    row = {"kind": "choice", "question": "long " * 900, "options": ["a", "b"], "answer": 0}
    (folder / "mine.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "answer": 1}))
    with problem(UsageError, "C098", "evaluate.forgetting.tokens", "4,000", "mine"):
        assay.run(folder, sets=["evaluate.forgetting.sets=mine.jsonl"])
    project = load(
        folder / "project.yaml",
        ["evaluate.forgetting.sets=mine.jsonl", "evaluate.forgetting.tokens=20000"],
    )
    assert sum(item.probe == "mine" for item in items_for(project)) == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_model):
    folder = build(tmp_path_factory.mktemp("forgetting") / "project", tiny_model, ARMS)
    return folder, assay.run(folder)


@pytest.mark.slow
def test_trained_arms_are_asked_and_the_base_once(run):
    folder, report = run
    found = report.data["forgetting"]
    assert set(found["arms"]) == {"still", "wild"} and not found["failed"]
    [base] = found["base"].values()
    assert {probe["probe"] for probe in found["probes"]} == {
        "knowledge",
        "last word",
        "text",
        "instructions",
    }
    assert found["items"] == sum(probe["n"] for probe in found["probes"])
    assert found["tokens"] == base["tokens"] + sum(one["tokens"] for one in found["arms"].values())
    for one in found["arms"].values():
        for probe, values in one["probes"].items():
            assert values["before"] == pytest.approx(base["probes"][probe]["value"], abs=1e-5)
            assert values["difference"] == pytest.approx(
                values["after"] - values["before"], abs=2e-6
            )
    # Weights that hardly moved have forgotten nothing; those that were driven apart find every text
    # less likely.
    still, wild = (found["arms"][name]["probes"]["text"] for name in ("still", "wild"))
    assert (
        still["difference"] == pytest.approx(0, abs=1e-3)
        and found["arms"]["still"]["flips"]["lost"] == 0
    )
    assert wild["low"] > 0.1
    assert len(list((folder / "work" / "probes").iterdir())) == 3


@pytest.mark.slow
def test_a_second_run_asks_nothing_and_a_further_arm_itself_alone(run, tmp_path):
    first, report = run
    folder = tmp_path / "project"
    shutil.copytree(first, folder)
    seen = []
    again = assay.run(folder, tell=seen.append)
    assert again.data["forgetting"] == report.data["forgetting"]
    assert not [e for e in seen if str(e.get("name")).startswith("forgetting")]
    more = 'compare=[{"kind": "lora", "rank": 2, "epochs": 1}]'
    seen = []
    assay.run(folder, sets=[more], tell=seen.append)
    asked = [
        e["name"] for e in seen if e["event"] == "stage" and str(e["name"]).startswith("forgetting")
    ]
    assert asked == ["forgetting, lora-r2-e1"]


@pytest.mark.slow
@pytest.mark.nightly
def test_a_broken_off_stage_goes_on_where_it_was(run, tmp_path):
    first, report = run
    folder = tmp_path / "project"
    shutil.copytree(first, folder)
    for stage in (folder / "work" / "probes").iterdir():
        (stage / "done.json").unlink()
        lines = (stage / "asked.jsonl").read_text().splitlines(keepends=True)
        (stage / "asked.jsonl").write_text("".join(lines[:7]) + lines[7][:5])  # torn by a kill
    again = assay.run(folder).data["forgetting"]
    for name, one in again["arms"].items():
        assert one["flips"] == report.data["forgetting"]["arms"][name]["flips"]
        assert one["combined"] == report.data["forgetting"]["arms"][name]["combined"]


@pytest.mark.slow
def test_the_report_says_it(run):
    folder, report = run
    html, md = ((folder / "report" / f"report.{kind}").read_text() for kind in ("html", "md"))
    part = re.search(r'<section id="forgetting">.*?</section>', html, re.S)[0]
    assert (
        "only guesses on" in part
        and 'data-at="/forgetting/arms/wild/probes/text/difference"' in part
    )
    assert part.count('class="plot-box"') == 2 and part.index("wild") < part.index("<table")
    assert "## Forgetting" in md and "bits a byte" in md
    assert section.summary(report.data, "majority") == ""


@pytest.mark.slow
def test_without_a_trained_arm_nothing_is_asked(tmp_path, tiny_model):
    arms = "compare: [{kind: majority}]\nevaluate: {forgetting: true}\n"
    folder = build(tmp_path / "project", tiny_model, arms)
    report = assay.run(folder)
    assert report.data["forgetting"]["arms"] == {} and report.data["forgetting"]["tokens"] == 0
    assert (
        "No strategy changes the weights of its base"
        in (folder / "report" / "report.html").read_text()
    )
    assert not (folder / "work" / "probes").exists()
