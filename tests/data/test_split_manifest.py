import re

import pytest

import assay
from assay.core.errors import DataError, LeakError
from assay.data.split_manifest import format_manifest, read_manifest, split_by_manifest, text_hash
from helpers.problems import problem

NAMES = ("train", "val", "test")


@pytest.fixture
def project(tmp_path, sentences):
    rows = [f"{text},{'ab'[n % 2]}" for n, text in enumerate(sentences(300))]
    (tmp_path / "rows.csv").write_text(
        "text,label\n" + "\n".join([*rows, rows[0].upper().replace(",A", ",a")]) + "\n"
    )

    def write(more=""):
        (tmp_path / "project.yaml").write_text(
            "data: {files: {data: rows.csv}, columns: {text: text, label: label}}\n"
            f"prepare: [{{kind: dedupe}}]\ncompare: [{{kind: majority}}]\n{more}"
        )
        return tmp_path

    return write


def splits(checked):
    return {name: [row.id for row in checked.prepared.examples(name)] for name in NAMES}


@pytest.mark.slow
def test_a_split_that_was_saved_is_drawn_again(project):
    folder = project()
    first = assay.check(folder)
    saved = first.save_split(folder / "split.csv")
    assert saved.read_text().splitlines()[0] == "id,split,text"
    # Another seed draws another split, but for the file.
    assert splits(assay.check(folder, sets=["seed=5"])) != splits(first)
    project("split: {manifest: split.csv}\nseed: 5\n")
    again = assay.check(folder)
    assert splits(again) == splits(first)
    # The copy that dedupe dropped is in the file, as left out, and has a line in the ledger.
    assert "rows-302,none" in saved.read_text()
    assert any(step["action"] == "set aside" for step in again.prepared.note["steps"])
    assert again.prepared.note["rows"]["read"] == 301


@pytest.mark.slow
def test_a_manifest_is_audited_like_official_files(project):
    folder = project("split: {manifest: split.csv}\n")
    lines = [
        f"rows-{n},{'test' if n > 290 or n == 302 else 'val' if n > 270 else 'train'}"
        for n in range(2, 303)
    ]
    (folder / "split.csv").write_text("id,split\n" + "\n".join(lines) + "\n")
    with problem(LeakError, "D050", None, "1"):
        assay.check(folder)
    repaired = assay.check(folder, sets=["split.leaks=repair"])
    assert (
        repaired.prepared.note["rows"]["test"] == 12
        and repaired.prepared.note["audit"]["repaired"] == 1
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,part\na,train\n", "D094 split.csv: has no field 'split'; there are: id, part"),
        ("id,split\na,trian\n", "D094 split.csv:2: there is no split 'trian'"),
        ("id,split\na,train\na,test\n", "D094 split.csv:3: row 'a' stands in train and in test"),
        ("id,split\n", "D005 split.csv: has a header but no rows"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, text, told):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_manifest(tmp_path / "split.csv", tmp_path)
    assert str(caught.value).startswith(told)


def test_rows_and_file_must_fit(make, tmp_path):
    rows = make([("one text", "a"), ("other text", "b"), ("third text", "a")])
    path = tmp_path / "split.csv"
    path.write_text(format_manifest(rows, {"train": rows[:1], "val": rows[1:2], "test": []}))
    parts, left_out = split_by_manifest(rows, read_manifest(path, tmp_path), path, tmp_path)
    assert (parts["train"], parts["val"], parts["test"], left_out) == (
        rows[:1],
        rows[1:2],
        [],
        rows[2:],
    )
    wrong = f"id,split,text\nrows-1,train,{text_hash(rows[1])}\nrows-2,dev,\nlost,test,\n"
    path.write_text(wrong)
    with pytest.raises(DataError) as caught:
        split_by_manifest(rows, read_manifest(path, tmp_path), path, tmp_path)
    # One that it lacks, one that the data lack, one whose text has changed.
    assert [re.findall("'(.*?)'", one.text) for one in caught.value.problems] == [
        ["rows-3"],
        ["lost"],
        ["rows-1"],
    ]
