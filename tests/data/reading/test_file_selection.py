import pytest

from assay.core.errors import DataError
from assay.data.reading.file_selection import (
    gather_files,
    gather_members,
    holds_data,
    with_partners,
)
from assay.data.reading.load import load
from helpers.archives import TABLE, zipped
from helpers.problems import problem


def names_of(found):
    return {split: [one.member or one.path.name for one in some] for split, some in found.items()}


def test_files_of_splits_are_taken_and_the_others_named(tmp_path):
    for name in ("train.csv", "test.csv", "README.md", "project.yaml", "figure.png"):
        (tmp_path / name).write_text(TABLE)
    notes = []
    found = gather_files(tmp_path, tmp_path.parent, "", notes)
    assert names_of(found) == {"test": ["test.csv"], "train": ["train.csv"]}
    assert [note.partition(": not read: ")[2] for note in notes] == ["README.md, figure.png"]
    assert notes[0].startswith("D211")


def test_files_of_forms_without_a_suffix_that_tells_are_taken_where_no_other_is(tmp_path):
    for name in ("train.conll", "test.conll", "licence.txt"):
        (tmp_path / name).write_text("a O\n")
    assert names_of(gather_files(tmp_path, tmp_path, "", [])) == {
        "test": ["test.conll"],
        "train": ["train.conll"],
    }


def test_a_file_is_named_with_those_that_it_belongs_with(tmp_path):
    for name in ("news.de", "news.en", "alone.txt"):
        (tmp_path / name).write_text("a line\nand more\n")
    (tmp_path / "part.tgt").write_text("a line\n")
    (tmp_path / "part.src").write_text("a line\n")
    assert with_partners(tmp_path / "news.en") == tmp_path / "news.en#with=news.de"
    # What is asked stands first, whichever was named, and rows stay behind the name.
    assert with_partners(tmp_path / "part.tgt") == tmp_path / "part.src#with=part.tgt"
    assert with_partners(tmp_path / "part.src#1").name == "part.src#with=part.tgt#1"
    assert with_partners(tmp_path / "alone.txt") == tmp_path / "alone.txt"


def test_members_are_told_apart_by_their_folders(tmp_path):
    path = zipped(tmp_path / "a.zip", [("set/train/1.csv", TABLE), ("set/test/1.csv", TABLE)])
    assert names_of(gather_members(path, tmp_path, [])) == {
        "train": ["set/train/1.csv"],
        "test": ["set/test/1.csv"],
    }
    with problem(DataError, "D002", "b.zip"):
        gather_members(zipped(tmp_path / "b.zip", [("README.md", "about")]), tmp_path, [])


@pytest.mark.parametrize("name", ["notes.md", "run.py", "README"])
def test_a_folder_without_rows_holds_none(tmp_path, name):
    (tmp_path / name).write_text("about\n")
    assert not holds_data(tmp_path)
    (tmp_path / "rows.jsonl").write_text("{}\n")
    assert holds_data(tmp_path)


def test_the_one_file_of_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "sms"
    folder.mkdir()
    (folder / "SOURCE.txt").write_text("From the desk.\n")
    (folder / "Collection").write_text(
        "".join(f"{'ab'[i % 2]}\ta text of its own {i}\n" for i in range(12))
    )
    loaded = load({"data": [folder]}, base=tmp_path)
    assert len(loaded.train) == 12 and any("SOURCE.txt" in note for note in loaded.notes)


def test_lines_of_labels_beside_the_files_of_a_folder_belong_to_them(tmp_path):
    (folder := tmp_path / "piqa").mkdir()
    for split in ("train", "valid", "tests"):
        (folder / f"{split}.jsonl").write_text('{"goal": "a"}\n{"goal": "b"}\n')
    for split in ("train", "valid"):
        (folder / f"{split}-labels.lst").write_text("0\n1\n")
    notes = []
    found = gather_files(folder, folder, "", notes)
    assert {split: [one.beside for one in some] for split, some in found.items()} == {
        "train": [("train-labels.lst",)],
        "val": [("valid-labels.lst",)],
    }
    assert notes[0].endswith("not read: tests.jsonl")
