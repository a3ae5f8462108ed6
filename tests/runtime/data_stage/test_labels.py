"""Rows with the labels of their files, and with those of people over them."""

from dataclasses import replace

import pytest

from assay.core.errors import DataError
from assay.core.types import Example, Message
from assay.data.annotation.apply_votes import Applied
from assay.runtime.data_stage.labels import load_labelled, merge_ledgers, read_rows, with_labels
from helpers.problems import problem
from helpers.small_projects import load_project


@pytest.fixture
def project(tmp_path):
    return load_project(tmp_path / "project")


def test_rows_are_those_of_the_files_with_their_labels(project):
    loaded, came, done = load_labelled(project)
    assert (len(loaded.train), len(loaded.test), len(came)) == (30, 12, 42)
    assert tuple(loaded.labels) == ("lend", "meet", "pay")
    assert done.ledger == [] and done.examples == came


def test_a_row_without_a_label_needs_people_who_may_give_one(project):
    file = project.folder / "train.jsonl"
    first, _, rest = file.read_text().partition("\n")
    file.write_text(first.replace('"label": "lend"', '"label": ""') + "\n" + rest)
    loaded = read_rows(project, unlabelled=False)
    assert (len(loaded.train), len(loaded.aside)) == (29, 1)
    assert len(read_rows(project, unlabelled=True).train) == 30


def test_labels_by_people_stand_over_those_of_files_and_are_checked_alike(project):
    loaded = read_rows(project, unlabelled=True)
    every = [*loaded.train, *loaded.val, *loaded.test]
    new = [replace(row, target="return" if row.target == "lend" else row.target) for row in every]
    found = with_labels(loaded, Applied(new), ())
    assert tuple(found.labels) == ("meet", "pay", "return") and len(found.train) == 30
    # Rows that nobody has labelled are left out.
    fewer = with_labels(loaded, Applied(new[:5]), ())
    assert (len(fewer.train), len(fewer.test)) == (5, 0)
    with pytest.raises(DataError) as refused:
        with_labels(loaded, Applied(new), ("lend", "meet", "pay"))
    assert "return" in refused.value.problems[0].text


def test_votes_that_are_not_there_are_named(project):
    asked = project.model_copy(
        update={"data": project.data.model_copy(update={"annotations": "votes.jsonl"})}
    )
    with problem(DataError, "D001", "votes.jsonl"):
        load_labelled(asked)


def test_two_ledgers_are_one_in_the_order_of_the_rows():
    rows = [Example(name, (Message("user", name),)) for name in "abc"]
    first, second = [{"id": "c", "n": 1}, {"id": "x", "n": 2}], [{"id": "a", "n": 3}]
    # A row that is not among them comes last.
    assert [line["n"] for line in merge_ledgers(first, second, rows)] == [3, 1, 2]
