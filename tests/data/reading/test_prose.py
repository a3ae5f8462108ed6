"""A text without columns is a corpus: its paragraphs can be modelled, and it is said that nothing
is asked of them."""

from pathlib import Path

import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from helpers.problems import problem

PLAY = "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n\n"
SAYINGS = (
    "Morgenstund hat Gold im Mund.\n%\nWer rastet, der rostet, und\nwer ruht, der rostet auch.\n%\n"
)
LINES = "Aller Anfang ist schwer.\nOhne Fleiß kein Preis.\n" * 2
JAPANESE = "吾輩は猫である。名前はまだ無い。\n\nどこで生れたかとんと見当がつかぬ。\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            PLAY,
            [
                "First Citizen:\nBefore we proceed any further, hear me speak.",
                "All:\nSpeak, speak.",
            ],
        ),
        (
            SAYINGS,
            [
                "Morgenstund hat Gold im Mund.",
                "Wer rastet, der rostet, und\nwer ruht, der rostet auch.",
            ],
        ),
        (LINES, ["Aller Anfang ist schwer.", "Ohne Fleiß kein Preis."] * 2),
        (JAPANESE, ["吾輩は猫である。名前はまだ無い。", "どこで生れたかとんと見当がつかぬ。"]),
    ],
    ids=["play", "fortunes", "lines", "japanese"],
)
def test_paragraphs_are_rows_of_a_corpus(tmp_path: Path, text: str, rows: list[str]):
    file = tmp_path / "corpus.txt"
    file.write_text(text, encoding="utf-8")
    with problem(DataError, "D027", "corpus.txt", "corpus"):
        load({"train": [file]}, base=tmp_path)
    assert [
        row.text for row in load({"train": [file]}, base=tmp_path, kind="continue").train
    ] == rows


@pytest.mark.parametrize("text", ["184 0 12\n29 1 13 4\n", "0\n1\n1\n", "== == ==\n"])
def test_numbers_and_marks_are_no_text(tmp_path: Path, text: str):
    (tmp_path / "labels.lst").write_text(text)
    with problem(DataError, "D099", "labels.lst", "delimiter"):
        load({"train": [tmp_path / "labels.lst"]}, base=tmp_path)
