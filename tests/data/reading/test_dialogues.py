from assay.core.errors import DataError, UsageError
from assay.data.reading.dialogues import join_turns
from assay.data.reading.load import load
from helpers.lines import named
from helpers.problems import problem
from helpers.raw_tables import raw_table
from helpers.toy import write_rows


def turn(talk, who, text, **more):
    return {"dialogue_id": talk, "speaker": who, "utterance": text, **more}


TURNS = [
    turn("d1", "user", "Where is it?", shop="north"),
    turn("d2", "user", "Is it open?", shop="south"),
    turn("d1", "assistant", "In the hall.", shop="north"),
    turn("d2", "assistant", "Until nine.", shop="south"),
    turn("d1", "user", "Which one?"),
    turn("d1", "assistant", "The old one."),
]


def test_rows_of_one_turn_each_are_joined_by_the_usual_names(tmp_path):
    write_rows(tmp_path / "t.jsonl", TURNS)
    got = load({"data": ["t.jsonl"]}, base=tmp_path)
    assert [*map(said, got.train)] == [
        ["Where is it?", "In the hall.", "Which one?", "The old one."],
        ["Is it open?", "Until nine."],
    ]
    assert [(example.source, example.group) for example in got.train] == [
        ("t.jsonl:1", "d1"),
        ("t.jsonl:2", "d2"),
    ]
    assert any(named(note, "t.jsonl", "6 rows", "2 conversations") for note in got.notes)


def test_rows_of_one_turn_each_by_the_columns_that_are_named(tmp_path):
    rows = [
        {"c": one["dialogue_id"], "who": one["speaker"], "what": one["utterance"]} for one in TURNS
    ]
    write_rows(tmp_path / "t.jsonl", rows)
    columns = {"conversation": "c", "role": "who", "text": "what"}
    assert len(load({"data": ["t.jsonl"]}, base=tmp_path, columns=columns).train) == 2
    with problem(UsageError, "C072", "data.columns"):
        load({"data": ["t.jsonl"]}, base=tmp_path, columns={"conversation": "c", "text": "what"})
    write_rows(tmp_path / "t.jsonl", [*rows, {"c": "", "who": "user", "what": "lost"}])
    with problem(DataError, "D026", "t.jsonl:7", "'c'"):
        load({"data": ["t.jsonl"]}, base=tmp_path, columns=columns)


def said(example):
    return [*(message.content for message in example.messages), example.target]


def test_a_file_without_the_three_fields_stays_as_it_is(tmp_path):
    for row in (
        {"dialogue_id": "d1", "utterance": "Hi"},
        {"dialogue_id": "d1", "speaker": "north gate", "utterance": "Hi"},  # nobody who speaks
    ):
        reads = [("train", tmp_path, raw_table([row] * 3))]
        assert join_turns(reads, {}) == (reads, {})
