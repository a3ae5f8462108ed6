"""What the test rows say of a search, on answers that are planted: nothing is fitted."""

from dataclasses import replace

import pytest

from assay.audits.prompt_search_gain import add_search_gains, on_test
from assay.config import load
from assay.core import store
from assay.core.corrupt_files import silent
from assay.core.types import Answer
from assay.decision.finished_arm import Arm
from assay.evaluation.held_out_test import Exam
from assay.runtime.arms.runner import Bench
from assay.strategies.prompting.prompt_search import FOUND

ARMS = (
    "[{kind: shots, k: 2, name: by-hand},"
    " {kind: prompt_search, name: found, inner: {kind: shots, k: 2}}]"
)


@pytest.fixture
def bench(floors, tmp_path):
    """The floors' rows; one arm that searched and one that asks as it is asked by hand."""
    old = floors.bench.project.folder
    text = (old / "project.yaml").read_text()
    text = text.replace("[{kind: majority}, {kind: tfidf}]", ARMS)
    (tmp_path / "project.yaml").write_text(f"model: tiny\n{text}")
    for name in ("train", "test"):
        (tmp_path / f"{name}.jsonl").write_text((old / f"{name}.jsonl").read_text())
    project = load(tmp_path / "project.yaml")
    models = {name: {"digest": name} for arm in project.arms.values() for name in arm.needs("tiny")}
    return Bench(project, floors.bench.prepared, models, silent)


def searched(bench, better=True):
    place = bench.fit_stage(bench.project.arms["found"]).folder / "arm" / FOUND
    store.write_json(place, {"better": better, "numbers": {"hand": {}}})


def arm(bench, name, right):
    exam = Exam(bench.prepared.examples("test"))
    targets = [row.target for row in bench.prepared.examples("test")]
    answers = [Answer(target if at < right else "nothing") for at, target in enumerate(targets)]
    return Arm(name, "shots", records=exam.records(answers), fit={"word": "w", "text": "Searched."})


@pytest.mark.parametrize(
    ("own", "hand", "word"),
    [(28, 8, "beats"), (8, 28, "is beaten by"), (20, 20, "is not told apart from")],
)
def test_the_gain_is_told_against_the_arm_with_the_wording_of_the_hand(bench, own, hand, word):
    searched(bench)
    arms = [arm(bench, "by-hand", hand), arm(bench, "found", own)]
    told = on_test(bench, arms[1], arms)
    assert f"30 test rows it {word} that wording (strategy by-hand)" in told
    assert f"{(own - hand) / 30:+.3f}" in told
    assert [one.fit["text"] for one in add_search_gains(bench, arms)] == [
        "Searched.",
        f"Searched. {told}",
    ]


def test_without_that_arm_nothing_is_known_and_it_is_said(bench):
    searched(bench)
    found = arm(bench, "found", 20)
    assert "no strategy is `shots`" in on_test(bench, found, [found])
    stopped = replace(arm(bench, "by-hand", 8), status="failed")
    assert "no strategy is `shots`" in on_test(bench, found, [stopped, found])


def test_an_arm_that_did_not_search_or_found_nothing_better_tells_nothing(bench):
    searched(bench, better=False)
    arms = [arm(bench, "by-hand", 8), arm(bench, "found", 20)]
    assert [on_test(bench, one, arms) for one in arms] == ["", ""]
    assert on_test(bench, replace(arms[1], status="failed"), arms) == ""
