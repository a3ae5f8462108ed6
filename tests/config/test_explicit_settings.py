"""What settings say of the rows of a file, before there is a project."""

import pytest

from assay.config.explicit_settings import (
    READ,
    arguments,
    as_sets,
    format_setting,
    parse_row_settings,
    place_today,
)
from assay.config.yamlfile import read


def test_settings_of_the_rows_are_taken_and_others_left_to_the_project():
    sets = ["data.columns.text=body", "task.labels=[a, b]", "compare.0.rank=4", "seed=3"]
    assert parse_row_settings(sets) == {"data.columns.text": "body", "task.labels": ("a", "b")}


def test_the_names_of_version_1_are_understood():
    assert place_today("aim.kind") == "task.kind" and place_today("seed") == "seed"
    assert parse_row_settings(["aim.kind=answer"]) == {"task.kind": "answer"}


@pytest.mark.parametrize(
    "text",
    [
        "task.kind=classfy",
        "task.labels=a",
        "data.strict=maybe",
        "data.bad_rows=2",
        "data.sample=0",
        "data.sample=true",
        "data.encoding=7",
        "data.columns.text",  # no value
    ],
)
def test_a_value_that_does_not_fit_is_not_taken(text):
    assert parse_row_settings([text]) == {}


def test_they_are_arguments_of_the_reader():
    said = parse_row_settings(
        ["data.columns.text=body", "split.group=null", "data.sample=100", "data.strict=true"]
    )
    # Strict: no row is set aside, whatever share there is else.
    assert arguments(said, 0.05) == {
        "columns": {"text": "body"},
        "group": "",
        "sample": 100,
        "bad_rows": 0.0,
    }
    assert arguments({}, 0.05) == {"columns": {}, "bad_rows": 0.05}


def test_a_draft_that_was_filled_in_says_the_same_as_the_command():
    text = "data: {columns: {text: 'the body', label: stars}, files: x.csv}\ntask: {kind: classify}"
    said = parse_row_settings(as_sets(read(text).value))
    assert said == {
        "data.columns.text": "the body",
        "data.columns.label": "stars",
        "task.kind": "classify",
    }
    assert {place for place in said if not place.startswith("data.columns")} <= set(READ)
    assert format_setting(("a", "b")) == "[a, b]"
