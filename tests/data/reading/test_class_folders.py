import pytest

from assay.core.errors import DataError
from assay.data.reading.class_folders import class_folders, classes
from assay.data.reading.load import load
from assay.data.reading.read_file import read
from helpers.problems import problem


def texts(folder, **labels):
    for label, count in labels.items():
        (folder / label).mkdir(parents=True)
        for at in range(count):
            (folder / label / f"{at}.txt").write_text(f"{label} text {at}")


def test_each_text_is_a_row_under_the_name_of_its_folder(tmp_path):
    texts(tmp_path / "mail", ham=3, spam=4)
    (tmp_path / "mail" / ".git").mkdir()
    assert list(classes(tmp_path / "mail")) == ["ham", "spam"]
    loaded = load({"data": ["mail"]}, base=tmp_path)
    assert [(row.text, row.target, row.source) for row in loaded.train[2:4]] == [
        ("ham text 2", "ham", "mail:3"),
        ("spam text 0", "spam", "mail:4"),
    ]


def test_below_train_and_test_they_are_the_official_splits(tmp_path):
    texts(tmp_path / "train", ham=3, spam=3)
    texts(tmp_path / "test", ham=1, spam=1)
    assert class_folders(tmp_path) == {"train": [tmp_path / "train"], "test": [tmp_path / "test"]}
    loaded = load({"data": [tmp_path]}, base=tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (6, 2)


@pytest.mark.parametrize("odd", ["spam/rows.csv", "train/a.txt"])
def test_a_folder_of_anything_else_is_none_of_classes(tmp_path, odd):
    texts(tmp_path, ham=3, **({} if odd.startswith("train") else {"spam": 3}))
    (tmp_path / odd).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / odd).write_text("a,b\n")
    assert class_folders(tmp_path) == {}


def test_a_text_that_is_not_utf8_is_read_as_western_and_counted(tmp_path):
    texts(tmp_path, ham=3, spam=3)
    (tmp_path / "ham" / "1.txt").write_bytes("caf\xe9".encode("windows-1252"))
    table = read(tmp_path, base=tmp_path.parent)
    assert table.rows[1].fields == {"text": "café", "label": "ham", "file": "1.txt"}
    assert [note[:4] for note in table.notes if note.startswith("D")] == ["D203"]


def test_a_text_that_is_too_large_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("assay.data.reading.class_folders.LARGEST", 20)
    texts(tmp_path, ham=3, spam=3)
    (tmp_path / "spam" / "1.txt").write_text("x" * 21)
    with problem(DataError, "D039", f"{tmp_path.name}:5", "'1.txt'"):
        read(tmp_path, base=tmp_path.parent)


def test_the_label_is_the_folder_whose_names_tell(tmp_path):
    for part in ("fold1", "fold2"):
        texts(tmp_path / "corpus" / part, ham=3, spam=3)
    assert {label: len(files) for label, files in classes(tmp_path).items()} == {
        "ham": 6,
        "spam": 6,
    }
    (tmp_path / "corpus" / "fold1" / "ham" / ".DS_Store").write_text("x")
    assert class_folders(tmp_path) == {"data": [tmp_path / "corpus"]}


def test_names_of_files_are_labels_where_no_folder_is(tmp_path):
    for at in range(12):
        (tmp_path / f"{('pos', 'neg')[at % 2]}_{at}.txt").write_text(f"text {at}")
    assert {label: len(files) for label, files in classes(tmp_path).items()} == {"neg": 6, "pos": 6}
