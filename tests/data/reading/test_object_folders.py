import json

import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from assay.data.reading.object_folders import (
    holds_objects,
    holds_passages,
    object_folders,
    read_objects,
)
from assay.data.reading.read_file import read
from helpers.problems import problem


def objects(folder, *places, suffix=".txt"):
    for number, place in enumerate(places):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        row = {
            "article": f"In the year {number} Ann went to Oslo by train, and there she stayed.",
            "questions": [f"Who went in {number}?", "Where?"],
            "options": [["Ann", "Bo"], ["Rome", "Oslo"]],
            "answers": ["A", "B"],
        }
        (folder / f"{place}{suffix}").write_text(json.dumps(row))


def test_each_object_is_a_row_below_the_splits(tmp_path):
    objects(tmp_path, "train/high/1", "train/middle/2", "train/middle/3", suffix=".json")
    objects(tmp_path, "test/high/1", "test/high/2", "test/high/3")
    (tmp_path / "train" / "README.md").write_text("About.")
    assert object_folders(tmp_path) == {
        "train": [tmp_path / "train"],
        "test": [tmp_path / "test"],
    }
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert (loaded.kind, len(loaded.train), len(loaded.test)) == ("choose", 6, 6)
    assert (loaded.train[1].target, loaded.train[1].options) == ("B", ("Rome", "Oslo"))
    assert loaded.train[1].context[0].text.startswith("In the year 0")
    files = [raw.fields["file"] for raw in read(tmp_path / "train", base=tmp_path).rows]
    assert files == ["high/1.txt", "middle/2.txt", "middle/3.txt"] or files == [
        "high/1.json",
        "middle/2.json",
        "middle/3.json",
    ]


def test_a_folder_of_objects_without_splits(tmp_path):
    objects(tmp_path, "a", "b", "c")
    assert object_folders(tmp_path) == {"data": [tmp_path]}
    assert len(load({"data": [tmp_path]}, base=tmp_path).train) == 6
    # the project that is made for it may stand in it
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "project.yaml").write_text("name: made\n")
    assert len(load({"data": [tmp_path]}, base=tmp_path).train) == 6


@pytest.mark.parametrize(
    ("name", "text"),
    [("b.txt", "a text"), ("b.txt", '{"text": "a"}'), ("b.txt", '["a"]'), ("d.csv", "a,b")],
)
def test_a_folder_of_anything_else_is_none_of_objects(tmp_path, name, text):
    objects(tmp_path, "a", "b", "c")
    (tmp_path / name).write_text(text)
    assert object_folders(tmp_path) == {}


def test_files_of_a_text_with_its_questions_are_one_table(tmp_path):
    objects(tmp_path, *"abcdef", suffix=".json")
    assert holds_passages(tmp_path)
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert (len(loaded.train), loaded.group) == (12, "article")
    for name in "abcdef":
        (tmp_path / f"{name}.json").write_text('{"text": "a text", "label": "x"}')
    assert holds_objects(tmp_path)
    assert not holds_passages(tmp_path)


def test_two_files_are_too_few_and_folders_are_not_searched_without_end(tmp_path):
    objects(tmp_path / "two", "a", "b")
    objects(tmp_path / "deep", "1/2/3/4/a", "1/2/3/4/b", "1/2/3/4/c")
    assert not holds_objects(tmp_path / "two")
    assert not holds_objects(tmp_path / "deep")


def test_a_file_that_is_none_is_named(tmp_path):
    objects(tmp_path, "a", "b", "c")
    (tmp_path / "d.txt").write_text('{"article": "cut')
    with problem(DataError, "D014", f"{tmp_path.name}:4", "'d.txt'"):
        read(tmp_path, base=tmp_path.parent)


def test_the_first_rows_are_the_first_files(tmp_path):
    from assay.data.reading.findings import Findings

    objects(tmp_path, "a", "b", "c")
    assert [number for number, _ in read_objects(tmp_path, Findings("x"), 2)] == [1, 2]
