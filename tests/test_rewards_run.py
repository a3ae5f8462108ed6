"""Strategies of rewards through the whole product: check, run, report, ask, export; what the file
says wrongly is told before anything runs."""

import json

import pytest

import assay
from assay.core.errors import ProjectError
from assay.core.store import read_json
from helpers.nights import nightly_but

THINGS = ("apple", "sky", "grass", "coal", "snow", "lemon")
COLOURS = ("red", "blue", "green", "black", "white", "yellow")
LORA = "{kind: lora, rank: 4, epochs: 3, batch_size: 6, learning_rate: 5.0e-3, val_rows: 4}"
ARMS = f"""
compare:
  - {{kind: shots, k: 0, name: base}}
  - kind: grpo
    name: grpo
    inner: {LORA}
    reward: [exact, {{kind: python, file: own.py, weight: 0.5}}]
    rounds: 3
    prompts: 4
    samples: 4
    batch_size: 4
    learning_rate: 5.0e-3
  - {{kind: best_of_n, name: best, inner: {LORA}, reward: {{kind: python, file: own.py}}, n: 3}}
  - kind: raft
    name: raft
    inner: {LORA}
    reward: {{kind: length, prefer: shorter}}
    samples: 3
    rounds: 1
"""
OWN = "def score(questions, answers, targets):\n    return [float('e' in one) for one in answers]\n"


def project(folder, model, arms=ARMS):
    folder.mkdir()
    rows = [
        {"question": f"Which colour has the {thing} of page {n * 37}?", "answer": colour}
        for n in range(12)
        for thing, colour in zip(THINGS, COLOURS, strict=True)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "own.py").write_text(OWN)
    (folder / "project.yaml").write_text(
        "version: 2\nname: colours\nseed: 3\ntask: {kind: answer}\n"
        "data: {files: {data: rows.jsonl}}\nsplit: {near: 1}\nrace: false\n"
        f"model: {model}\n{arms}"
    )
    return folder


@pytest.fixture(scope="module")
def finished(tiny_model, tmp_path_factory):
    folder = project(tmp_path_factory.mktemp("rewards") / "colours", tiny_model)
    return folder, assay.run(folder)


@pytest.mark.slow
def test_all_of_them_run_to_a_report(finished):
    folder, report = finished
    assert {one["name"]: one["status"] for one in report.data["strategies"]} == dict.fromkeys(
        ("base", "grpo", "best", "raft"), "done"
    )
    page = (folder / "report" / "report.html").read_text()
    assert "Training of grpo on rewards" in page and "nats from the start" in page
    costs = {one["name"]: one["cost"] for one in report.data["strategies"]}
    assert costs["best"]["tokens_per_answer"] > 2 * costs["base"]["tokens_per_answer"] > 0


@pytest.mark.slow
def test_all_of_them_are_asked(finished):
    folder, _ = finished
    for arm in ("grpo", "best", "raft"):
        assert len(assay.load(folder, arm).answer(["Which colour has the sky?"])) == 1


@pytest.mark.nightly
def test_a_plan_says_what_they_will_take(tiny_model, tmp_path):
    told = assay.plan(project(tmp_path / "planned", tiny_model))
    rows = {row["name"]: row for row in told.rows}
    assert all(rows[name]["seconds"] > 0 and not rows[name]["refused"] for name in rows)
    # Writing, as often as there are rounds, is named as a part.
    assert rows["grpo"]["parts"]["rounds"][0] > 0 and rows["raft"]["parts"]["answers"][0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("arm", nightly_but(["grpo"], ["grpo", "raft"]))
def test_what_was_trained_on_rewards_is_exported_as_its_inner_strategy(finished, tmp_path, arm):
    folder, _ = finished
    assay.export(folder, arm, "peft", tmp_path / "out", rows=4)
    kept = read_json(next((tmp_path / "out").rglob("adapter_config.json")))
    assert kept["r"] == 4


def test_what_is_wrong_in_the_file_is_told_at_once(tmp_path, tiny_model):
    arms = (
        "compare:\n"
        "  - {kind: grpo, reward: []}\n"
        "  - {kind: rloo, reward: {kind: python, file: missing.py}}\n"
        "  - {kind: ppo, reward: exakt}\n"
        "  - {kind: best_of_n, inner: {kind: shots, k: 0}, reward: exact}\n"
        "  - {kind: raft, reward: {kind: length}}\n"
    )
    folder = project(tmp_path / "p", tiny_model, arms)
    with pytest.raises(ProjectError) as caught:
        assay.check(folder)
    found = [(one.code, one.place.split(":")[-1].split()) for one in caught.value.problems]
    assert found == [
        ("C073", ["10", "compare.0.reward"]),
        ("T108", ["11", "compare.1.reward"]),
        ("C076", ["12", "compare.2.reward"]),
        ("C073", ["13", "compare.3"]),
        ("C073", ["14", "compare.4.reward"]),
    ]
