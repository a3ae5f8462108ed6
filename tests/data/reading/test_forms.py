"""Forms of rows: what programs and people write, as the rows that are meant."""

import json

import pytest

from assay.core.errors import DataError
from assay.data.reading.header import is_header
from assay.data.reading.load import load
from assay.data.reading.parallel_text import names_of, partners
from assay.data.reading.programs import convert_programs
from assay.data.reading.read_file import RawRow, RawTable, read
from assay.data.reading.split_names import split_in, split_named
from assay.data.reading.uniform_rows import tidy_table
from helpers.problems import problem

ROWS = [
    {"text": f"a text about {what} and {i}", "label": "ab"[i % 2]}
    for i, what in enumerate(["sea", "hay"] * 6)
]


def written(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def fields(path, **more):
    return [row.fields for row in read(path, base=path.parent, **more).rows]


def table(rows):
    names = dict.fromkeys(name for row in rows for name in row)
    return RawTable(
        "rows.jsonl",
        [RawRow(f"rows.jsonl:{i}", row) for i, row in enumerate(rows, 1)],
        tuple(names),
        [],
    )


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("orient", ["records", "split", "index", "columns", "values", "table"])
def test_what_pandas_writes_is_read_back(tmp_path, orient):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "frame.json"
    pandas.DataFrame(ROWS).to_json(path, orient=orient)
    made = fields(path)
    names = ("field1", "field2") if orient == "values" else ("text", "label")
    assert [tuple(row[name] for name in names) for row in made] == [
        (row["text"], row["label"]) for row in ROWS
    ]


def orientations():
    """As pandas 2 writes them: see the examples of DataFrame.to_json in its reference."""
    texts, labels = [row["text"] for row in ROWS], [row["label"] for row in ROWS]
    cells = [[row["text"], row["label"]] for row in ROWS]
    places = [str(i) for i in range(len(ROWS))]
    return {
        "split": {"columns": ["text", "label"], "index": [*range(len(ROWS))], "data": cells},
        "index": dict(zip(places, ROWS, strict=True)),
        "columns": {
            "text": dict(zip(places, texts, strict=True)),
            "label": dict(zip(places, labels, strict=True)),
        },
        "list": {"text": texts, "label": labels},
        "table": {
            "schema": {"fields": [{"name": "index"}, {"name": "text"}, {"name": "label"}]},
            "data": ROWS,
        },
        "deep": {"meta": {"n": 12}, "result": {"page": 1, "hits": {"total": 12, "items": ROWS}}},
        "cells": [["text", "label"], *cells],
    }


@pytest.mark.parametrize("orient", orientations())
def test_an_object_that_holds_the_rows(tmp_path, orient):
    path = written(tmp_path / "rows.json", orientations()[orient])
    assert [{"text": row["text"], "label": row["label"]} for row in fields(path)] == ROWS


def test_two_lists_of_one_length_are_not_guessed_between(tmp_path):
    path = written(
        tmp_path / "rows.json",
        {"orders": ROWS, "customers": [{"name": f"n{i}"} for i in range(10)]},
    )
    with problem(
        DataError, "D207", "rows.json:1", "'orders'", "'customers'", "rows.json#list=orders"
    ):
        read(path, base=tmp_path)
    assert fields(path, part="orders") == ROWS
    with problem(DataError, "D080", "rows.json#order", "'order'", "'orders'"):
        read(path, base=tmp_path, part="order")


def test_columns_of_different_length_are_refused(tmp_path):
    path = written(tmp_path / "rows.json", {"text": ["a b", "c d", "e f"], "label": ["x", "y"]})
    with problem(DataError, "D208", "rows.json", "'text'", "3", "'label'", "2"):
        read(path, base=tmp_path)


def test_splits_of_one_file_are_official_and_a_split_can_be_taken_alone(tmp_path):
    path = written(tmp_path / "rows.json", {"train": ROWS[:8], "test": ROWS[8:]})
    loaded = load({"data": [path]}, base=tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (8, 4)
    more = written(
        tmp_path / "more.json", [{**row, "text": f"more: {row['text']}"} for row in ROWS]
    )
    assert len(load({"train": [more], "test": [path]}, base=tmp_path).test) == 4
    with problem(DataError, "D002", "rows.json", "val", "train", "test"):
        load({"train": [more], "val": [path]}, base=tmp_path)


def test_a_column_of_splits_needs_a_train(tmp_path):
    rows = [{**row, "split": "test" if i % 3 else "validation"} for i, row in enumerate(ROWS)]
    assert len(load({"data": [written(tmp_path / "a.json", rows)]}, base=tmp_path).train) == 12
    rows = [{**row, "split": "test" if i % 3 else "train"} for i, row in enumerate(ROWS)]
    assert len(load({"data": [written(tmp_path / "b.json", rows)]}, base=tmp_path).train) == 4


def test_names_of_numbers_stand_in_the_file(tmp_path):
    rows = [{"text": row["text"], "label": "ab".index(row["label"])} for row in ROWS]
    for names in (
        {"id2label": {"0": "a", "1": "b"}},
        {"label2id": {"a": 0, "b": 1}},
        {"classes": ["a", "b"]},
    ):
        path = written(tmp_path / "rows.json", {**names, "rows": rows})
        assert [one.target for one in load({"data": [path]}, base=tmp_path).train] == [
            row["label"] for row in ROWS
        ]


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "rest", "header"),
    [
        (["text", "label"], [["a b", "x"], ["c d", "x"], ["e", "y"]], True),
        (["ham", "Are you there?"], [["ham", "Yes."], ["spam", "Win now"], ["ham", "No"]], False),
        (["year", "sold"], [["1999", "3"], ["2000", "5"], ["2001", "7"]], True),
        (["1998", "2"], [["1999", "3"], ["2000", "5"], ["2001", "7"]], False),
        (
            ["Frage", "Antwort"],
            [["Wo ist es?", "Hier."], ["Wer ist da?", "Ich."], ["Wie?", "So."]],
            True,
        ),
        (
            ["I lost my card yesterday evening.", "card"],
            [["a", "b"], ["c", "d"], ["e", "f"]],
            False,
        ),
        (["a", "b"], [["c", "d"]], True),
    ],
)
def test_a_first_line_of_names_is_told_from_a_row(first, rest, header):
    assert is_header(first, rest) is header


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train-00000-of-00003", "train"),
        ("sentiment_test", "test"),
        ("devset", "val"),
        ("news.valid", "val"),
        ("tickets", ""),
        ("contest", ""),
    ],
)
def test_splits_in_names(name, split):
    assert split_in(name) == split


def test_names_of_splits():
    assert [split_named(name) for name in ("Train", "train_sft", "validation", "contest")] == [
        "train",
        "train",
        "val",
        "",
    ]


# --- lines and files ------------------------------------------------------------------------------


def test_partners_have_as_many_lines_and_differ_in_one_word(tmp_path):
    for name, lines in {
        "news.en": 3,
        "news.de": 3,
        "news.fr": 2,
        "other.de": 3,
        "news.md": 3,
        "news.csv": 3,
    }.items():
        (tmp_path / name).write_text("a line\n" * lines)
    assert partners(tmp_path / "news.en") == ("news.de",)
    assert names_of(["train.src", "train.tgt"]) == ["src", "tgt"]
    assert names_of(["src-train.txt", "tgt-train.txt"]) == ["src", "tgt"]


def test_the_one_file_of_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "sms"
    folder.mkdir()
    (folder / "SOURCE.txt").write_text("From the desk.\n")
    (folder / "Collection").write_text(
        "".join(f"{'ab'[i % 2]}\ta text of its own {i}\n" for i in range(12))
    )
    loaded = load({"data": [folder]}, base=tmp_path)
    assert len(loaded.train) == 12 and any("SOURCE.txt" in note for note in loaded.notes)


def test_files_of_different_length_are_refused(tmp_path):
    (tmp_path / "a.src").write_text("one line\ntwo lines\n")
    (tmp_path / "a.tgt").write_text("one line\n")
    with problem(DataError, "D205", "a.src", "'src'", "2", "'tgt'", "1"):
        load({"data": [f"{tmp_path}/a.src#with=a.tgt"]}, base=tmp_path)


def test_a_change_of_either_file_makes_the_rows_anew(tmp_path):
    from assay.runtime.data_stage.prepare import bytes_of

    for name in ("a.src", "a.tgt"):
        (tmp_path / name).write_text("one line\n")
    both = tmp_path / "a.src#with=a.tgt"
    before = bytes_of(both)
    (tmp_path / "a.tgt").write_text("another\n")
    assert bytes_of(both) != before
    assert bytes_of(tmp_path / "a.src") == [before[0], None]


def test_a_sentence_with_a_ragged_line_is_told(tmp_path):
    good = "Ann B-person\nsaw O\nOslo B-place\n\n" * 20
    path = written(tmp_path / "news.bio", good + "Bo B-person extra\nran O\n\n")
    with problem(DataError, "D209", "news.bio:81"):
        read(path, base=tmp_path)


def test_xml_with_a_document_type_is_refused(tmp_path):
    path = written(tmp_path / "rows.xml", '<!DOCTYPE r [<!ENTITY a "b">]><r><x><t>&a;</t></x></r>')
    with problem(DataError, "D210", "rows.xml"):
        read(path, base=tmp_path)


# --- rows -----------------------------------------------------------------------------------------


def test_a_check_function_becomes_asserts_that_the_program_passes():
    prompt = 'def double(n):\n    """Give twice n."""\n'
    test = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n"
    rows = [
        {
            "prompt": prompt,
            "canonical_solution": "    return 2 * n\n",
            "test": test,
            "entry_point": "double",
        }
    ] * 3
    made = convert_programs(table(rows), set()).rows[0].fields
    assert made["tests"] == ["assert double(2) == 4", "assert double(0) == 0"]
    space: dict = {}
    exec("\n".join([made["code"], *made["tests"]]), space)
    assert space["double"](5) == 10


def test_a_check_with_a_loop_stays_one_test_that_runs():
    test = "def check(candidate):\n    for i in range(3):\n        assert candidate(i) == 2 * i\n"
    rows = [
        {
            "prompt": "def d(n):\n",
            "solution": "    return 2 * n\n",
            "test": test,
            "entry_point": "d",
        }
    ] * 3
    made = convert_programs(table(rows), set()).rows[0].fields
    assert len(made["tests"]) == 1
    exec("\n".join([made["code"], *made["tests"]]), {})


def test_the_right_answer_does_not_stand_first():
    rows = [
        {
            "question": f"Which is {i}?",
            "correct_answer": f"right {i}",
            "incorrect_answers": [f"wrong {i}", f"no {i}", f"off {i}"],
        }
        for i in range(200)
    ]
    made = tidy_table(table(rows), set()).rows
    places = [row.fields["choices"].index(row.fields["correct_answer"]) for row in made]
    # Each place is as likely: 50 of 200, four standard errors of sqrt(200 * 3 / 16) = 6.1 are 24.
    assert all(26 <= places.count(place) <= 74 for place in range(4))


@pytest.mark.parametrize(
    "verdict",
    [
        ("a", "b"),
        ("response_a", "response_b"),
        ("A", "B"),
        ("1", "2"),
        (1, 2),
        ("model_a", "model_b"),
    ],
)
def test_verdicts_in_usual_words(verdict):
    rows = [
        {
            "prompt": f"p {i}",
            "response_a": f"one {i}",
            "response_b": f"two {i}",
            "winner": verdict[i % 2],
        }
        for i in range(6)
    ]
    made = tidy_table(table(rows), set()).rows
    assert [row.fields["chosen"] for row in made] == [
        f"{('one', 'two')[i % 2]} {i}" for i in range(6)
    ]


@pytest.mark.parametrize(
    "turn",
    [
        lambda who, said: {"from": who, "value": said},
        lambda who, said: {"speaker": who, "text": said},
        lambda who, said: {"author": who, "utterance": said},
        lambda who, said: {"sender": who, "message": said},
    ],
)
@pytest.mark.parametrize(
    "people", [("human", "gpt"), ("Customer", "Agent"), ("Maria", "Tom"), ("USER", "SYSTEM")]
)
def test_turns_in_usual_words(tmp_path, turn, people):
    rows = [
        {"dialogue": [turn(people[0], f"Hi {i}"), turn(people[1], f"Hello {i} to you")]}
        for i in range(6)
    ]
    path = tmp_path / "talk.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    loaded = load({"data": [path]}, base=tmp_path)
    assert [(one.text, one.target) for one in loaded.train[:1]] == [("Hi 0", "Hello 0 to you")]


def test_results_of_tools_are_said_to_the_model(tmp_path):
    call = {"function": {"name": "lookup", "arguments": '{"id": 7}'}}
    turns = [
        {"role": "user", "content": "Where is order 7?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "in the depot"},
        {"role": "assistant", "content": "It is in the depot."},
    ]
    path = tmp_path / "tools.jsonl"
    path.write_text("".join(json.dumps({"messages": turns}) + "\n" for _ in range(3)))
    one = load({"data": [path]}, base=tmp_path).train[0]
    assert [message.role for message in one.messages] == ["user", "assistant", "user"]
    assert (
        one.messages[1].content == '<tool_call>\n{"name": "lookup",'
        ' "arguments": {"id": 7}}\n</tool_call>'
    )
    assert one.messages[2].content == "<tool_response>\nin the depot\n</tool_response>"
    assert one.target == "It is in the depot."


def test_a_dialogue_beside_a_summary_stays_a_text():
    rows = [
        {"dialogue": f"Ann: Hi {i}\nBob: Hello\nAnn: Bye", "summary": f"They meet, {i}."}
        for i in range(6)
    ]
    assert tidy_table(table(rows), set()).rows[0].fields == rows[0]
