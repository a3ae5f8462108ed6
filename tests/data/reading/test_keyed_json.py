import pytest

from assay.core.errors import DataError
from assay.data.reading.read_file import read
from helpers.problems import problem
from helpers.raw_tables import LABELLED, fields_of, written


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values", "table"])
def test_what_pandas_writes_is_read_back(tmp_path, orient):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "frame.json"
    pandas.DataFrame(LABELLED).to_json(path, orient=orient)
    made = fields_of(path)
    names = ("field1", "field2") if orient == "values" else ("text", "label")
    assert [tuple(row[name] for name in names) for row in made] == [
        (row["text"], row["label"]) for row in LABELLED
    ]


def orientations():
    """As pandas 2 writes them: see the examples of DataFrame.to_json in its reference."""
    texts, labels = [row["text"] for row in LABELLED], [row["label"] for row in LABELLED]
    cells = [[row["text"], row["label"]] for row in LABELLED]
    places = [str(i) for i in range(len(LABELLED))]
    return {
        "split": {"columns": ["text", "label"], "index": [*range(len(LABELLED))], "data": cells},
        "index": dict(zip(places, LABELLED, strict=True)),
        "columns": {
            "text": dict(zip(places, texts, strict=True)),
            "label": dict(zip(places, labels, strict=True)),
        },
        "list": {"text": texts, "label": labels},
        "table": {
            "schema": {"fields": [{"name": "index"}, {"name": "text"}, {"name": "label"}]},
            "data": LABELLED,
        },
        "deep": {
            "meta": {"n": 12},
            "result": {"page": 1, "hits": {"total": 12, "items": LABELLED}},
        },
        "cells": [["text", "label"], *cells],
    }


@pytest.mark.parametrize("orient", orientations())
def test_an_object_that_holds_the_rows(tmp_path, orient):
    path = written(tmp_path / "rows.json", orientations()[orient])
    assert [{"text": row["text"], "label": row["label"]} for row in fields_of(path)] == LABELLED


def test_two_lists_of_one_length_are_not_guessed_between(tmp_path):
    path = written(
        tmp_path / "rows.json",
        {"orders": LABELLED, "customers": [{"name": f"n{i}"} for i in range(10)]},
    )
    with problem(
        DataError, "D207", "rows.json:1", "'orders'", "'customers'", "rows.json#list=orders"
    ):
        read(path, base=tmp_path)
    assert fields_of(path, part="orders") == LABELLED
    with problem(DataError, "D080", "rows.json#order", "'order'", "'orders'"):
        read(path, base=tmp_path, part="order")


def test_columns_of_different_length_are_refused(tmp_path):
    path = written(tmp_path / "rows.json", {"text": ["a b", "c d", "e f"], "label": ["x", "y"]})
    with problem(DataError, "D208", "rows.json", "'text'", "3", "'label'", "2"):
        read(path, base=tmp_path)


def test_texts_that_are_keys_stand_beside_what_belongs_to_them(tmp_path):
    answers = {f"When does shop {n} open?": f"At {n}." for n in range(6)}
    table = read(written(tmp_path / "faq.json", answers), base=tmp_path)
    assert table.roles == {"question": "key", "answer": "value"}
    assert table.rows[1].fields == {"key": "When does shop 1 open?", "value": "At 1."}
    few = {text: "ab"[n % 2] for n, text in enumerate(answers)}
    assert read(written(tmp_path / "few.json", few)).roles == {"text": "key", "label": "value"}


def test_a_list_of_texts_for_each_label(tmp_path):
    lists = {"praise": ["well done", "so good", "thanks"], "blame": ["too late"]}
    table = read(written(tmp_path / "mail.json", lists), base=tmp_path)
    assert [raw.fields for raw in table.rows[2:]] == [
        {"text": "thanks", "label": "praise"},
        {"text": "too late", "label": "blame"},
    ]


def test_what_stands_beside_the_rows_is_named(tmp_path):
    path = written(tmp_path / "rows.json", {"about": "me", "total": 12, "rows": LABELLED})
    table = read(path, base=tmp_path)
    assert [raw.fields for raw in table.rows] == LABELLED
    assert [note for note in table.notes if note.startswith("D211")] == [
        "D211 rows.json: beside the rows, and no rows: 'about', 'total'"
    ]


def test_a_text_with_the_questions_about_it_is_one_row(tmp_path):
    row = {"article": "Ann came.", "questions": ["Who?", "What?"], "answers": ["Ann", "She came"]}
    assert fields_of(written(tmp_path / "one.json", row)) == [row]
    asked = {"story": "Ann came.", "qas": [{"question": "Who?", "answer": "Ann"}] * 2}
    assert fields_of(written(tmp_path / "two.json", asked)) == [asked]
    # beside a version they are the columns of a table
    lists = {"version": "1", "questions": ["Who?", "What?"], "answers": ["Ann", "She came"]}
    assert len(fields_of(written(tmp_path / "lists.json", lists))) == 2


def test_a_name_with_a_split_in_it_is_one_beside_the_splits(tmp_path):
    """As clinc/oos-eval has them: {"train": [[text, intent], ...], "oos_train": ...}."""
    pairs = [[row["text"], row["label"]] for row in LABELLED]
    outside = [[f"something else {i}", "oos"] for i in range(10)]
    held = {"train": pairs, "val": pairs[:6], "oos_val": outside[:4], "oos_train": outside}
    got = read(written(tmp_path / "rows.json", held), base=tmp_path)
    assert len(got.rows) == len(pairs) + 6 + 4 + 10
    assert f"train {len(pairs) + 10}" in str(got.notes) and "val 10" in str(got.notes)
