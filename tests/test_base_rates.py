"""A file in which nothing can be learnt, four rows of five labelled yes: no claim may come of it,
balanced or not."""

import csv
import random
from pathlib import Path

import pytest

import assay

WORDS = (
    "card loan fee room chair book late lost bill sent form page week desk note call help bank"
    " shop door".split()
)


def noise(path: Path, rows: int = 600) -> None:
    """Random words; the first four fifths of the file say yes, since files are often sorted."""
    draw = random.Random(4)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        for at in range(rows):
            out.writerow([" ".join(draw.choices(WORDS, k=9)), "yes" if at < 0.8 * rows else "no"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "split",
    ["{rows_per_label: 60}", pytest.param("{train_rows: 120}", marks=pytest.mark.nightly), "{}"],
)
def test_noise_is_not_recommended(tmp_path, split):
    noise(tmp_path / "rows.csv")
    (tmp_path / "project.yaml").write_text(
        "version: 2\ndata: {files: {data: rows.csv}, columns: {text: text, label: label}}\n"
        f"split: {split}\ncompare: [{{kind: majority}}, {{kind: tfidf}}]\n"
    )
    report = assay.run(tmp_path)
    scores = {one["name"]: one["metrics"]["accuracy"]["value"] for one in report.data["strategies"]}
    assert scores["majority"] == pytest.approx(0.8, abs=0.02)
    verdict = report.data["verdict"]
    assert (verdict["state"], verdict["headline"]) == ("nothing", "Nothing works yet")
    codes = [warning["code"] for warning in report.data["warnings"]]
    assert ("D250" in codes) == ("rows_per_label" in split)
