"""Labels that a reader cannot tell apart, and the setting that joins them."""

import unicodedata

import pytest

from assay.core.errors import DataError
from assay.data.reading.label_lookalikes import looks
from assay.data.reading.load import load
from helpers.problems import problem
from helpers.toy import write_rows

NFD = unicodedata.normalize("NFD", "Café refund")
SAME = ("Café refund", NFD, "café_refund", "Caf\u00e9 r\u0435fund", "CAFÉ  REFUND")


def file(tmp_path, labels):
    path = tmp_path / "rows.jsonl"
    write_rows(
        path,
        [{"text": f"a question number {at}", "label": label} for at, label in enumerate(labels)],
    )
    return {"data": [path]}


@pytest.mark.parametrize(
    "other", SAME[1:], ids=["nfd", "case and underscore", "Cyrillic", "capitals and spaces"]
)
def test_labels_that_look_the_same_are_told_with_their_rows(other, tmp_path):
    files = file(tmp_path, [SAME[0]] * 3 + [other] * 2 + ["other"] * 5)
    with problem(
        DataError, "D031", "rows.jsonl:4", "3 rows", "2 rows", "join_labels", "task.labels"
    ):
        load(files)


@pytest.mark.parametrize(
    ("labels", "joined"),
    [
        (["Pay"] * 39 + ["pay"] + ["lend"] * 10, True),
        (["Pay"] * 37 + ["pay"] * 3 + ["lend"] * 10, False),  # more than may be bad
        (["Pay"] * 4 + ["pay"] + ["lend"] * 45, False),  # it may be a label of its own
        (["Pay"] * 7 + ["pay"], False),  # of few rows
    ],
)
def test_a_slip_in_a_few_rows_is_read_as_the_label(labels, joined, tmp_path):
    files = file(tmp_path, labels)
    if joined:
        found = load(files, bad_rows=0.05)
        assert found.labels == ("Pay", "lend") and found.notes[-1].startswith("D031 'pay' was read")
    else:
        with problem(DataError, "D031"):
            load(files, bad_rows=0.05)
    with problem(DataError, "D031"):
        load(files)


def test_joined_they_are_the_most_frequent_or_the_listed_one(tmp_path):
    files = file(tmp_path, [SAME[0]] * 3 + list(SAME[1:]) + ["other"] * 5)
    found = load(files, join_labels=True)
    assert found.labels == (SAME[0], "other") and len(found.notes) == 4
    listed = load(files, join_labels=True, labels=(SAME[2], "other"))
    assert {row.target for row in listed.train} == {SAME[2], "other"}


def test_labels_listed_as_different_stay_so(tmp_path):
    files = file(tmp_path, ["Pay", "pay"] * 3)
    found = load(files, join_labels=True, labels=("Pay", "pay"))
    assert {row.target for row in found.train} == {"Pay", "pay"}


def test_several_labels_a_row_are_joined_each(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": "a b", "labels": ["Pay", "Lend"]},
        {"text": "c d", "labels": ["pay", "Pay"]},
    ] * 3
    write_rows(path, [{**row, "text": f"{row['text']} {at}"} for at, row in enumerate(rows)])
    found = load({"data": [path]}, join_labels=True)
    assert found.labels == ("Lend", "Pay")


def test_a_sign_is_part_of_a_number():
    assert looks("-1") != looks("1") == looks("1") and looks("a-1") == looks("a 1")


def test_letters_that_look_different_stay_apart():
    assert (
        looks("бета") != looks("beta")
        and looks("нет") != looks("HeT")
        and looks("a b") == looks("A-B")
    )
