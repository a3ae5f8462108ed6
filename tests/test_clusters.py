"""From a file with a field that nobody declared as a group to the warning, the setting and both
intervals."""

import csv
import json
import random
from pathlib import Path

import pytest

import assay
from helpers.toy import WORDS

PROJECT = """version: 2
task: {kind: classify}
data: {files: {data: tickets.csv}, columns: {text: text, label: label}}
split: {train: 0.5, val: 0.1, test: 0.4, %s}
compare:
  - {kind: majority}
  - {kind: tfidf}
"""


def tickets(
    path: Path, field: str, users: int = 25, each: int = 16, odd: float = 0.4, seed: int = 1
) -> None:
    """Tickets of users; those of some users have labels that their words do not tell."""
    draw = random.Random(seed)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label", field, "stars"])
        rows = []
        for user in range(users):
            strange = draw.random() < odd
            for _ in range(each):
                label = draw.choice(sorted(WORDS))
                told = draw.choice(sorted(WORDS)) if strange else label
                words = " ".join(draw.choices(WORDS[told].split(), k=4))
                rows.append(
                    [
                        f"{words} about number {draw.randrange(10**9)}",
                        label,
                        f"u{user}",
                        draw.randint(1, 5),
                    ]
                )
        draw.shuffle(rows)
        out.writerows(rows)


def project(folder: Path, field: str, group: str = "", **more: float) -> Path:
    folder.mkdir()
    tickets(folder / "tickets.csv", field, **more)
    (folder / "project.yaml").write_text(PROJECT % group)
    return folder


@pytest.mark.slow
def test_a_field_that_rows_cluster_by_is_named_with_its_setting_and_both_intervals(tmp_path):
    folder = project(tmp_path / "project", "user", "group: null")
    told: list[dict] = []
    report = assay.run(folder, tell=told.append)
    data = json.loads((folder / "report/report.json").read_text())
    block = data["certainty"]["clusters"]
    assert (block["field"], block["setting"]) == ("user", "split.group: user")
    assert {one["field"]: one["found"] for one in block["tested"]} == {"user": True}
    arm = next(one for one in block["arms"] if one["name"] == "tfidf")
    plain, wide = (
        arm["score"][way]["high"] - arm["score"][way]["low"] for way in ("plain", "together")
    )
    assert wide > 1.5 * plain
    told_plainly = next(one for one in data["strategies"] if one["name"] == "tfidf")["metrics"][
        "accuracy"
    ]
    assert arm["score"]["plain"] == {end: told_plainly[end] for end in ("low", "high")}
    (warning,) = [one for one in data["warnings"] if one["code"] == "D194"]
    assert "'user'" in warning["text"] and "`split.group: user`" in warning["text"]
    assert block["text"] in " ".join(data["certainty"]["sentences"])[:-1].replace(
        "Rows of one", "rows of one"
    )
    markdown, page = (
        (folder / "report" / name).read_text() for name in ("report.md", "report.html")
    )
    for text in (markdown, page):
        assert "split.group: user" in text.replace("\\", "") and "D194" in text
        assert "with rows of one" in text
    assert "set split.group: user" in " ".join(" ".join(report.summary()).split())
    # What is declared is believed, and nothing more is tested.
    (folder / "project.yaml").write_text(PROJECT % "group: user")
    again = assay.run(folder)
    assert again.data["certainty"]["clusters"] is None and again.data["certainty"]["groups"] > 5


@pytest.mark.nightly
def test_a_field_whose_name_no_guess_knows_is_tested_and_unclustered_rows_are_let_be(tmp_path):
    clustering = assay.run(project(tmp_path / "one", "mandant", "by: random"))
    assert clustering.data["certainty"]["clusters"]["setting"] == "split.group: mandant"
    independent = assay.run(project(tmp_path / "two", "mandant", "by: random", odd=0.0))
    block = independent.data["certainty"]["clusters"]
    assert (block["field"], block["arms"]) == (None, [])
    assert not [one for one in independent.data["warnings"] if one["code"] == "D194"]
