"""Targets of the kinds that are no plain text: sets of labels, letters of options, labels that may
be missing."""

import json

import pytest

from assay.core.errors import DataError
from assay.data.reading.load import load
from helpers.problems import problem


def file_of(tmp_path, rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"data": [path]}


def targets(tmp_path, rows, **settings):
    return [one.target for one in load(file_of(tmp_path, rows), **settings).train]


def test_a_set_of_labels_in_each_form(tmp_path):
    rows = [
        {"text": f"row {i}", "labels": value}
        for i, value in enumerate([["b", "a"], ["b", "b"], [], None, "a", ""])
    ]
    assert targets(tmp_path, rows, kind="multilabel") == ["a | b", "b", "none", "none", "a", "none"]
    split = [
        {"text": f"row {i}", "labels": value} for i, value in enumerate(["b; a", "b;;", "", "none"])
    ]
    made = load(file_of(tmp_path, split), kind="multilabel", separator=";", none="nothing")
    assert [one.target for one in made.train] == ["a | b", "b", "nothing", "none"]
    assert made.labels == ("a", "b", "none")


def test_the_mark_for_none_is_no_label(tmp_path):
    rows = [
        {"text": f"row {i}", "labels": value}
        for i, value in enumerate([["none"], ["a", "none"], ["b"]])
    ]
    made = load(file_of(tmp_path, rows), kind="multilabel")
    assert [one.target for one in made.train] == ["none", "a", "b"]
    assert made.labels == ("a", "b")


@pytest.mark.parametrize(
    ("rows", "code", "names"),
    [
        ([{"text": "x", "labels": ["a|b"]}, {"text": "y", "labels": ["a"]}], "D114", ["'a|b'"]),
        ([{"text": "x", "labels": {"a": 1}}, {"text": "y", "labels": ["a"]}], "D025", ["object"]),
        ([{"text": "x"}, {"text": "y", "labels": ["a"]}], "D026", ["'labels'"]),
        ([{"text": "x", "labels": []}, {"text": "y", "labels": []}], "D032", []),
        ([{"text": "x", "labels": ["Pay"]}, {"text": "y", "labels": ["pay"]}], "D031", []),
    ],
)
def test_sets_that_cannot_be_read(tmp_path, rows, code, names):
    with problem(DataError, code, None, *names):
        load(
            file_of(tmp_path, rows), kind="multilabel", columns={"text": "text", "labels": "labels"}
        )


def test_a_label_that_is_not_listed_is_named(tmp_path):
    rows = [{"text": "x", "labels": ["pay", "lnd"]}, {"text": "y", "labels": ["lend"]}]
    with problem(DataError, "D030", None, "'lnd'", "'lend'"):
        load(file_of(tmp_path, rows), kind="multilabel", labels=("pay", "lend"))


def test_rows_that_no_label_fits(tmp_path):
    rows = [
        {"text": f"row {i}", "label": value} for i, value in enumerate(["a", "", None, "b", " "])
    ]
    made = load(file_of(tmp_path, rows), kind="classify", none="other")
    assert [one.target for one in made.train] == ["a", "other", "other", "b", "other"]
    assert made.labels == ("a", "b", "other")
    listed = load(file_of(tmp_path, rows), kind="classify", none="other", labels=("b", "a"))
    assert listed.labels == ("b", "a", "other")
    with problem(DataError, "D026"):
        load(file_of(tmp_path, rows), kind="classify")


def test_a_question_stands_with_its_options(tmp_path):
    rows = [
        {"question": "Which swims?", "choices": ["eagle", "big  trout"], "answer": "big  trout"},
        {"question": "Which flies?", "choices": ["eagle", "trout", "camel"], "answer": "eagle"},
    ]
    made = load(file_of(tmp_path, rows), kind="choose")
    assert made.train[0].text == "Which swims?\nA. eagle\nB. big trout"
    assert [one.target for one in made.train] == ["B", "A"]
    assert made.labels == ("A", "B", "C")
    kept = made.train[0]
    assert type(kept).from_json(kept.to_json()) == kept


def test_an_answer_that_names_no_option(tmp_path):
    rows = [
        {"question": f"q {i}", "choices": ["x", "y"], "answer": value}
        for i, value in enumerate(["x", "y", "z"])
    ]
    with problem(DataError, "D116", None, "'answer'"):
        load(
            file_of(tmp_path, rows),
            kind="choose",
            columns={"question": "question", "choices": "choices", "answer": "answer"},
        )
    with problem(DataError, "D115"):
        load(
            file_of(tmp_path, [*rows[:2], {"question": "q", "choices": ["x"], "answer": "x"}]),
            kind="choose",
            columns={"question": "question", "choices": "choices", "answer": "answer"},
        )


def test_candidates_have_a_grade_each_however_the_relevant_ones_are_named(tmp_path):
    texts = ["a pump", "a wheel", "a saddle"]
    said = [[2, 0, 1], [True, False, True], "a wheel", ["a saddle", "a pump"], [2], 1]
    rows = [
        {"query": f"q {n}", "passages": texts, "relevant": value} for n, value in enumerate(said)
    ]
    columns = {"question": "query", "candidates": "passages", "grades": "relevant"}
    made = load(file_of(tmp_path, rows), kind="rank", columns=columns)
    grades = ["2 0 1", "1 0 1", "0 1 0", "1 0 1", "0 0 1", "0 1 0"]
    assert [one.target for one in made.train] == grades
    wrong = [{**rows[0], "relevant": "a horn"}, {**rows[1], "relevant": [1, -1, 0]}]
    with pytest.raises(DataError) as caught:
        load(file_of(tmp_path, [*rows, *wrong]), kind="rank", columns=columns)
    assert [one.code for one in caught.value.problems] == ["D118", "D118"]
