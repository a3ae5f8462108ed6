from pathlib import Path

import pytest

from assay.core.errors import DataError, Problem, UsageError
from assay.data.reading.file_address import Named
from assay.data.reading.findings import KEPT
from assay.data.reading.load import load
from assay.data.reading.split_files import collect_problems, expand, same_file, stem_of
from helpers.problems import problem


def expanded(files, base):
    problems, notes = [], []
    found = expand(files, base, problems, notes)
    return [(split, str(one.path.relative_to(base))) for split, one in found], problems


def test_a_folder_stands_for_its_files_under_their_splits(tmp_path):
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("text,label\na,b\n")
    every = [("test", "test.csv"), ("train", "train.csv")]
    assert expanded({"data": ["."]}, tmp_path) == (every, [])
    # Listed under a split, it stands for the files of that one.
    assert expanded({"test": ["."]}, tmp_path) == (every[:1], [])
    found, problems = expanded({"val": ["."]}, tmp_path)
    assert found == [] and [one.code for one in problems] == ["D002"]
    assert expanded({"data": ["rows.csv"]}, tmp_path) == ([("train", "rows.csv")], [])
    with problem(UsageError, "C071", "data.files.tst", "'test'"):
        expanded({"tst": ["rows.csv"]}, tmp_path)


def test_a_file_that_is_another_one_byte_for_byte_is_told(tmp_path):
    for name, text in (("a.csv", "one"), ("b.csv", "one"), ("c.csv", "two"), ("d.csv", "")):
        (tmp_path / name).write_text(text)

    def told(**splits):
        named = [(split, Named(tmp_path / name)) for split, name in splits.items()]
        return [(one.code, one.place) for one in same_file(named, tmp_path)]

    assert told(train="a.csv", test="b.csv") == [("D049", "b.csv")]
    assert told(train="a.csv", test="c.csv") == told(train="d.csv", test="d.csv") == []
    twice = [("train", Named(tmp_path / name)) for name in ("a.csv", "b.csv")]
    assert same_file(twice, tmp_path) == []  # two files of one split: said where rows are compared


def test_stems_of_files_are_made_different():
    taken = set()
    paths = ["a/rows.csv", "b/rows.csv.gz", "b/rows.jsonl", "b/ROWS", "c/.csv"]
    assert [stem_of(Path(path), taken) for path in paths] == [
        "rows",
        "b-rows",
        "b-rows-2",
        "ROWS",
        ".csv",
    ]


def test_problems_of_many_files_are_kept_up_to_a_number():
    problems = []
    for _ in range(3):
        with collect_problems(problems):
            raise DataError(*[Problem("D001", "no such file")] * (KEPT // 2))
    assert len(problems) == KEPT
    with pytest.raises(UsageError), collect_problems(problems):
        raise UsageError(Problem("C071", "no such split"))


def test_files_with_the_same_stem_have_different_ids(tmp_path):
    for folder, text in (("a", "Where is it"), ("b", "Here it is")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.csv").write_text(f"text,label\n{text},x\n{text} again,y\n")
    got = load({"train": ["a/rows.csv"], "test": ["b/rows.csv"]}, base=tmp_path)
    assert [e.id for e in (*got.train, *got.test)] == ["rows-2", "rows-3", "b-rows-2", "b-rows-3"]
