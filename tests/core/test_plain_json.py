"""Plain JSON: its canonical text, hashes, and files read back."""

from pathlib import Path

import pytest

from assay.core import plain_json, store
from assay.core.errors import Damaged


def test_json_that_no_reader_takes_is_refused(tmp_path):
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError):
            store.write_json(tmp_path / "a", value)
    assert not list(tmp_path.iterdir())


def test_digests():
    # From coreutils: printf abc | sha256sum
    assert (
        store.digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert (
        store.digest({"b": 1, "a": [2]})
        == store.digest({"a": [2], "b": 1})
        == store.digest(b'{"a": [2], "b": 1}')
    )
    assert store.file_digest(Path(__file__)) == store.digest(Path(__file__).read_bytes())


def test_a_hash_of_parts_is_that_of_the_whole():
    assert plain_json.chunks_digest([b"a", b"", memoryview(b"bc")]) == plain_json.digest(b"abc")


def test_what_is_no_json_is_damage_with_its_line(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"n": 1}\n{"n": \n{"n": 3}\n')
    rows = plain_json.read_lines(file)
    assert next(rows) == {"n": 1}
    with pytest.raises(Damaged) as wrong:
        next(rows)
    assert wrong.value.problems[0].place == f"{file}:2"
    with pytest.raises(Damaged):
        plain_json.read_json(file)


def test_a_torn_last_line_is_left_out_and_letters_stay_as_they_are(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text('["é"]\n["torn')
    assert list(plain_json.read_lines(file)) == [["é"]]
    assert plain_json.to_json("é") == '"é"'
