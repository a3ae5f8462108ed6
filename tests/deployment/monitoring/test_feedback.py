"""What users said of answers, as a sheet that a review takes."""

import csv
import json

import pytest

from assay.core import store
from assay.core.errors import DataError
from assay.core.types import Answer, Example, Message
from assay.deployment.monitoring.feedback import CORRECTED, corrections
from assay.deployment.monitoring.log_reader import LogEntry
from helpers.problems import problem


def entry(id, answer):
    question = Example(id, (Message("user", f"what of {id}?"),))
    return LogEntry(question, arm="lora", answer=answer)


ENTRIES = [
    entry("a", Answer("pay", raw="pay")),
    entry("b-0", Answer(None, raw="no idea")),
    entry("c", None),
]
SAID = [
    {"id": "a", "rating": "good"},
    {"id": "b", "rating": "bad", "correction": "lend", "comment": "a book"},
    {"id": "c", "correction": "meet"},
    {"id": "lost", "rating": "bad"},
]


@pytest.fixture
def said(tmp_path):
    store.write_lines(tmp_path / "feedback.jsonl", SAID)
    return tmp_path / "feedback.jsonl"


def test_a_correction_stands_beside_the_answer_that_it_corrects(said, tmp_path):
    sheet = tmp_path / "users.csv"
    found = corrections(tmp_path, ENTRIES, said, sheet)
    # "c" has no answer to correct, "lost" is about another log
    assert (found.good, found.bad, found.corrected, found.unknown) == (1, 2, 1, 1)
    (row,) = csv.DictReader(sheet.read_text().splitlines())
    assert (row["A"], row["B"], row["choice"], row["note"]) == ("no idea", "lend", "B", "a book")
    (item,) = store.read_lines(tmp_path / "reviews" / "items.jsonl")
    assert item["arms"] == ["lora", CORRECTED] and item["id"] == row["id"]


def test_the_share_of_bad_ones_has_wilsons_interval(said, tmp_path):
    told = corrections(tmp_path, ENTRIES, said, tmp_path / "users.csv").to_json()
    # 2 of 3: (2/3 + 1.9207/3 +- 1.96 sqrt((2/9 + 0.96036/3) / 3)) / (1 + 3.8415/3)
    assert told["bad_share"]["value"] == pytest.approx(2 / 3)
    assert told["bad_share"]["low"] == pytest.approx(0.2077, abs=1e-3)
    assert told["bad_share"]["high"] == pytest.approx(0.9385, abs=1e-3)
    json.dumps(told)


def test_a_sheet_that_is_there_is_not_written_over(said, tmp_path):
    sheet = tmp_path / "users.csv"
    corrections(tmp_path, ENTRIES, said, sheet)
    with problem(DataError, "D091"):
        corrections(tmp_path, ENTRIES, said, sheet)
    again = corrections(tmp_path, ENTRIES, said, tmp_path / "again.csv")
    assert again.corrected == 1  # and what is shown is noted once
    assert len(list(store.read_lines(tmp_path / "reviews" / "items.jsonl"))) == 1


def test_without_a_correction_there_is_no_sheet(tmp_path):
    store.write_lines(tmp_path / "feedback.jsonl", SAID[:1])
    found = corrections(tmp_path, ENTRIES, tmp_path / "feedback.jsonl", tmp_path / "users.csv")
    assert found.sheet == "" and not (tmp_path / "users.csv").exists()
    assert found.to_json()["bad_share"]["value"] == 0
