import json
from pathlib import Path

import pytest

from assay.core.errors import DataError, UsageError
from assay.data.reading.load import load
from helpers.problems import problem
from helpers.raw_tables import LABELLED, loaded

BAD = Path(__file__).parent / "fixtures" / "bad"


def test_all_files_report_together():
    with pytest.raises(DataError) as caught:
        load({"train": ["D037_ragged.csv", "D019_nan.jsonl"], "test": ["nowhere.csv"]}, base=BAD)
    assert {one.code for one in caught.value.problems} == {"D037", "D019", "D001"}


def test_an_unknown_role_is_named(tmp_path):
    with problem(UsageError, "C071", "data.columns.lable", "'label'"):
        loaded(tmp_path, {"text": "a", "label": "b"}, columns={"lable": "label"})


def test_an_id_that_comes_again_gets_the_files_name_and_line(tmp_path):
    rows = [{**row, "uid": uid} for row, uid in zip(LABELLED, "xxyx" * 3, strict=True)]
    columns = {"text": "text", "label": "label", "id": "uid"}
    ids = [row.id for row in loaded(tmp_path, *rows, columns=columns).train]
    assert ids[:4] == ["x", "x-train-2", "y", "x-train-4"] and len(set(ids)) == 12


def test_a_sample_is_drawn_of_the_training_rows_and_said(tmp_path):
    found = loaded(tmp_path, *LABELLED, sample=6)
    assert sorted(row.target for row in found.train) == ["a"] * 3 + ["b"] * 3
    assert any("6 of 12" in note for note in found.notes)
    assert len(loaded(tmp_path, *LABELLED, sample=50).train) == 12


def test_rows_may_wait_for_their_labels(tmp_path):
    rows = [{"text": row["text"], "label": row["label"] if at % 2 else None}
            for at, row in enumerate(LABELLED)]  # fmt: skip
    columns = {"text": "text", "label": "label"}
    found = loaded(tmp_path, *rows, columns=columns, kind="classify", unlabelled=True)
    assert [row.target for row in found.train] == [None, "b"] * 6
    with problem(DataError, "D026", "train.jsonl:1", "'label'", "6"):
        loaded(tmp_path, *rows, columns=columns, kind="classify")


def test_a_change_of_the_rows_is_one_of_all_splits(tmp_path):
    found = loaded(tmp_path, *LABELLED).map_splits(lambda rows: rows[:1])
    assert (len(found.train), found.val, found.test) == (1, [], [])
    assert found.labels == ("a", "b")


@pytest.mark.parametrize("target", [True, False])
def test_the_first_rows_of_a_sorted_file_are_warned_of_where_their_labels_are_read(
    tmp_path, target
):
    lines = [f"question {n},{'abc'[n // 100]}" for n in range(300)]
    (tmp_path / "sorted.csv").write_text("\n".join(["text,label", *lines]))
    found = load({"data": ["sorted.csv#200"]}, base=tmp_path, target=target)
    assert ("D235" in {one["code"] for one in found.warnings}) == target


def test_a_row_of_several_that_one_line_holds_is_set_aside_alone(tmp_path):
    articles = [
        {
            "topic": "t",
            "qas": [
                {"question": f"What is {n} and {i}?", "answer": f"It is {n * i}."}
                for i in range(12)
            ],
        }
        for n in range(5)
    ]
    articles[2]["qas"][1]["answer"] = None
    (tmp_path / "t.json").write_text(json.dumps(articles))
    loaded = load({"data": ["t.json"]}, base=tmp_path, bad_rows=0.02)
    assert len(loaded.train) == 59 and [one.source for one in loaded.aside] == ["t.json:3"]
    for article in articles[:2]:
        article["qas"][0]["answer"] = None
    (tmp_path / "t.json").write_text(json.dumps(articles))
    with problem(DataError, "D026"):
        load({"data": ["t.json"]}, base=tmp_path, bad_rows=0.02)
