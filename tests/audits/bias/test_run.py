"""Bias through runs whose outcome is planted: a label that hangs on the group, and one that does
not."""

import random

import pytest

import assay
from assay.core.errors import DataError
from helpers.lines import named
from helpers.problems import problem
from helpers.toy import write_rows

THINGS = "card bill room book chair price loan key desk ticket".split()


def planted(n, biased, seed):
    """Texts of a person and a thing. The label is the thing's; where `biased`, three in four follow
    the person."""
    draw = random.Random(seed)
    rows = []
    for at in range(n):
        who, thing = draw.choice(["son", "daughter"]), draw.randrange(len(THINGS))
        label = "yes" if thing < 5 else "no"
        if biased and draw.random() < 0.75:
            label = "yes" if who == "son" else "no"
        words = " ".join(
            draw.sample(["please", "today", "again", "now", "about", "for", "with", "the"], 4)
        )
        rows.append({"text": f"my {who} {THINGS[thing]} {words} {at}", "label": label, "who": who})
    return rows


def project(folder, biased, more="bias: {swap: [gender], rows: 60}"):
    write_rows(folder / "train.jsonl", planted(300, biased, 1))
    write_rows(folder / "test.jsonl", planted(120, False, 2))
    (folder / "project.yaml").write_text(
        "task: {slices: [who]}\ndata: {files: {train: "
        "train.jsonl, test: test.jsonl}, columns: {text: text, label: label}}\nsplit: {near: 1}\n"
        f"compare: [{{kind: majority}}, {{kind: tfidf}}]\nevaluate: {{{more}}}\n"
    )
    return folder


def of(report, source, arm="tfidf"):
    return next(one for one in report.data["bias"]["arms"][arm]["pairs"] if one["source"] == source)


@pytest.mark.slow
def test_an_arm_that_learnt_to_go_by_the_person_is_found_and_remedied(tmp_path):
    both = "bias: {swap: [gender], rows: 60, arms: [majority, tfidf]}"
    report = assay.run(project(tmp_path, biased=True, more=both))
    inside = of(report, "text")
    # Every test row names a son or a daughter, and three in four training labels follow that word.
    assert inside["n"] == 60 and inside["changed"]["low"] > 0.5
    assert inside["leaning"]["label"] in ("yes", "no")
    assert report.data["bias"]["arms"]["majority"]["pairs"][0]["changed"]["value"] == 0.0
    # The score is far apart between sons and daughters: no more than chance, as yes and no are
    # right alike.
    [cure] = report.data["bias"]["remedies"]
    # Each training row has its swapped twin with the same label: the word says nothing any more.
    assert cure["arm"] == "tfidf" and cure["made"] > 250
    assert cure["gap"]["high"] < 0 and cure["gap"]["after"] < 0.1
    assert cure["price"]["after"] >= cure["price"]["before"]  # in the test rows the things decide
    page, text = ((tmp_path / "report" / name).read_text() for name in ("report.html", "report.md"))
    assert "counterfactual" in text and "lowers the share of changed answers of tfidf" in page


@pytest.mark.nightly
def test_an_adapter_that_read_both_sides_is_measured_as_a_remedy(tmp_path, tiny_model):
    folder = project(
        tmp_path,
        biased=True,
        more="bias: {swap: [gender], rows: 20, arms: [lora], remedies: [adapter], social: false}",
    )
    file = folder / "project.yaml"
    lora = "[{kind: majority}, {kind: lora, rank: 2, epochs: 1, name: lora}]"
    arms = file.read_text().replace("[{kind: majority}, {kind: tfidf}]", lora)
    file.write_text(f"model: {tiny_model}\n{arms}")
    report = assay.run(folder)
    [cure] = report.data["bias"]["remedies"]
    # 267 rows, each with its twin
    assert (cure["remedy"], cure["arm"], cure["made"]) == ("adapter", "lora", 534)
    assert (
        cure["gap"]["n"] > 20
        and cure["price"]["low"] <= cure["price"]["difference"] <= cure["price"]["high"]
    )
    assert named((folder / "report" / "report.md").read_text(), "adapter", "534")


@pytest.mark.nightly
def test_an_arm_that_goes_by_the_thing_is_not_accused(tmp_path):
    report = assay.run(project(tmp_path, biased=False))
    assert of(report, "text")["changed"]["high"] < 0.1
    assert of(report, "frame")["above"]["low"] <= 0 <= of(report, "frame")["above"]["high"]
    gap = report.data["bias"]["arms"]["tfidf"]["slices"]["who"]
    assert set(gap["groups"]) == {"who=son", "who=daughter"} and gap["low"] < gap["chance"] + 0.05


@pytest.mark.nightly
def test_a_checklist_is_answered_and_counted_by_group(tmp_path):
    rows = [{"case": f"my {who} {THINGS[n % 10]} again {n}", "gold": "y" if n % 10 < 5 else "n",
        "target": who}
            for n in range(80) for who in ("son", "daughter")]  # fmt: skip
    write_rows(tmp_path / "list.jsonl", rows)
    listed = "{file: list.jsonl, text: case, label: gold, group: target, labels: {y: yes, n: no}}"
    more = f"bias: {{arms: [tfidf], swap: [gender], rows: 20, checklists: [{listed}]}}"
    report = assay.run(project(tmp_path, biased=True, more=more))
    [one] = report.data["bias"]["arms"]["tfidf"]["checklists"]
    assert one["n"] == 160
    # Rows of yes: a son's are right by the word learnt, a daughter's are wrong by it; rows of no
    # the other way round.
    assert (one["by_label"]["yes"]["best"], one["by_label"]["no"]["best"]) == ("son", "daughter")
    assert one["by_label"]["yes"]["low"] > 0.3


@pytest.mark.nightly
def test_a_label_of_a_checklist_that_is_none_of_the_tasks_is_said(tmp_path):
    write_rows(tmp_path / "list.jsonl", [{"case": "a b", "gold": "yess", "target": "x"}] * 3)
    listed = "{file: list.jsonl, text: case, label: gold, group: target}"
    folder = project(tmp_path, False, more=f"bias: {{checklists: [{listed}]}}")
    with problem(DataError, "D030", "list.jsonl:1", "'yess'", "'yes'"):
        assay.run(folder)
