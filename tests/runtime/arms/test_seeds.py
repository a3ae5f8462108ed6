"""Arms fitted with several seeds, and rows in groups, through the whole line."""

import json

import pytest

import assay
from assay.config import load
from helpers.lines import named
from helpers.toy import build, rows, write_rows

ARMS = """
compare:
  - {kind: majority}
  - {kind: shots, k: 0}
  - {kind: lora, rank: 4, epochs: 1}
"""


def fits(project):
    return {path.name for path in (project / "work/fit").iterdir()}


@pytest.mark.nightly
def test_arms_that_draw_are_fitted_with_every_seed_and_kept(tmp_path, tiny_model):
    project = build(tmp_path / "project", tiny_model, f"seeds: 2\n{ARMS}")
    report = assay.run(project).data
    seeds = {one["name"]: one["seeds"] for one in report["strategies"]}
    lora = next(name for name in seeds if name.startswith("lora"))
    assert [name for name, found in seeds.items() if found] == [lora]
    assert len(seeds[lora]["values"]) == 2
    score = next(one for one in report["strategies"] if one["name"] == lora)["metrics"]["accuracy"][
        "value"
    ]
    assert score == pytest.approx(sum(seeds[lora]["values"]) / 2, abs=1e-6)
    assert named((project / "report/report.md").read_text(), "2 seeds", "3")
    first = fits(project)
    assert len(first) == 4  # one each, and a second of the trained arm
    assert assay.run(project).data == report and fits(project) == first

    more = assay.run(project, sets=["seeds=3"])
    assert len(fits(project) - first) == 1
    values = next(one for one in more.data["strategies"] if one["name"] == lora)["seeds"]["values"]
    assert values[:2] == seeds[lora]["values"] and len(values) == 3
    looks = [
        json.loads(line)["opened"] for line in (project / "exam.jsonl").read_text().splitlines()
    ]
    assert looks == [1, 2]  # another seed's answers are another look; the same run again is none


@pytest.mark.slow
def test_the_answers_of_another_seed_are_another_look_and_the_same_run_is_none(
    tmp_path, tiny_model
):
    project = build(
        tmp_path / "project", tiny_model, "compare: [{kind: majority}, {kind: shots, k: 2}]"
    )
    for sets, looks in ([], [1]), (["seeds=2"], [1, 2]), (["seeds=2"], [1, 2]):
        assay.run(project, sets=sets)
        assert [
            json.loads(line)["opened"] for line in (project / "exam.jsonl").read_text().splitlines()
        ] == looks


def test_seeds_without_an_arm_that_draws_are_a_warning(tmp_path, tiny_model):
    project = build(
        tmp_path / "project",
        tiny_model,
        "seeds: 3\ncompare: [{kind: majority}, {kind: shots, k: 0}]",
    )
    (warning,) = load(project / "project.yaml").warnings
    assert warning["code"] == "C097" and named(warning["text"], "seed")
    assert not load(
        build(tmp_path / "other", tiny_model, f"seeds: 3\n{ARMS}") / "project.yaml"
    ).warnings


def test_which_arms_draw(tmp_path, tiny_model):
    text = """
documents: notes.md
compare:
  - {kind: tfidf}
  - {kind: shots, k: 4, select: similar}
  - {kind: shots, k: 4, name: drawn}
  - {kind: rag, name: ragged, inner: {kind: shots, k: 2}}
  - {kind: rag, name: plain, inner: {kind: shots, k: 0}}
  - {kind: full, name: trained}
"""
    arms = load(build(tmp_path / "project", tiny_model, text) / "project.yaml").arms
    assert [name for name, arm in arms.items() if arm.draws] == ["drawn", "ragged", "trained"]


@pytest.mark.slow
def test_rows_in_groups_are_drawn_together(tmp_path, tiny_model):
    project = build(
        tmp_path / "project",
        tiny_model,
        "split: {group: customer}\ncompare: [{kind: majority}, {kind: tfidf}]",
    )
    for name, start, n in (("train", 0, 66), ("test", 1000, 30)):
        made = [{**row, "customer": f"{name}-{i // 3}"} for i, row in enumerate(rows(n, start))]
        write_rows(project / f"{name}.jsonl", made)
    assay.run(project)
    report = json.loads((project / "report/report.json").read_text())
    assert (report["certainty"]["rows"], report["certainty"]["groups"]) == (30, 10)
    assert report["certainty"]["few_groups"]
    assert named(report["verdict"]["reason"], "30", "10 groups")
    page = (project / "report/report.html").read_text()
    assert named(page, "10 groups")
