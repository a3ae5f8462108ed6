from assay.data.reading.turn_lists import read_turn_lists
from helpers.raw_tables import raw_table


def first(row, field="messages"):
    return read_turn_lists(raw_table([row] * 3), set()).rows[0].fields[field]


SAID = [("user", "Where is it?"), ("assistant", "Over there.")]


def plain(turns):
    return [(turn["role"], turn["content"]) for turn in turns]


def test_a_field_for_each_who_speaks_is_an_exchange():
    for one in (
        {"human": "Where is it?", "assistant": "Over there."},
        {"input": "Where is it?", "output": "Over there."},
        {"user_utterance": {"text": "Where is it?"}, "system_utterance": {"text": "Over there."}},
    ):
        assert plain(first({"conversation": [one]})) == SAID


def test_turns_that_an_object_numbers_are_in_their_order():
    one = {"Human": "Where is it?", "MOSS": "Over there."}
    assert plain(first({"chat": {"turn_1": one, "turn_2": one}})) == [*SAID, *SAID]


def test_turns_without_a_speaker_are_said_in_turn():
    turns = [{"message": "Where is it?"}, {"message": "Over there.", "attrs": []}]
    assert plain(first({"messages": turns})) == SAID


def test_each_turn_with_a_label_is_a_row_with_what_came_before():
    turns = [
        {"speaker": "Ann", "utterance": "Where is it now?", "emotion": "fear"},
        {"speaker": "Bo", "utterance": "Over there.", "emotion": "joy"},
    ]
    found = read_turn_lists(raw_table([{"id": "d", "dialogue": turns}] * 3), set())
    assert len(found.rows) == 6
    assert found.rows[1].fields["dialogue_before"] == ["Ann: Where is it now?"]
    assert found.roles["label"] == "emotion"


def test_turns_of_a_model_and_other_lists_stay():
    model = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Here."}]
    for row in ({"messages": model}, {"tweets": [{"text": "some words here", "user": "x"}]}):
        table = raw_table([row] * 3)
        assert read_turn_lists(table, set()) is table
