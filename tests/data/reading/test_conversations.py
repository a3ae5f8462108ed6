import pytest

from assay.data.reading.conversations import convert_turns
from assay.data.reading.uniform_rows import tidy_table
from helpers.raw_tables import raw_table

HI = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def turns(row, count=4):
    found = convert_turns(raw_table([row] * count), set())
    return [(turn["role"], turn["content"]) for turn in found.rows[0].fields["messages"]]


@pytest.mark.parametrize(
    "row",
    [
        {"dialog": ["Hi", "Hello"]},
        {"dialog": ["Hi", "Hello", "And I"]},  # the last that is said is to be an answer
        {"conversation": [["Hi", "Hello"]]},
        {"messages": HI},
    ],
)
def test_what_is_said_in_turn_is_a_question_and_its_answer(row):
    assert turns(row) == [("user", "Hi"), ("assistant", "Hello")]


def test_earlier_pairs_stand_before_a_question_and_its_answer():
    row = {"history": [["Hi", "Hello"]], "instruction": "Who?", "output": "Ann.", "id": 7}
    found = convert_turns(raw_table([row, {**row, "history": []}]), set())
    assert [[turn["content"] for turn in raw.fields["messages"]] for raw in found.rows] == [
        ["Hi", "Hello", "Who?", "Ann."],
        ["Who?", "Ann."],
    ]
    assert list(found.rows[0].fields) == ["id", "messages"]


def test_a_text_with_names_before_what_each_says_is_a_conversation():
    text = "Customer: Hi\nand good day\nAgent: Hello\nCustomer: Bye\nAgent: See you"
    assert turns({"text": text}) == [
        ("Customer", "Hi\nand good day"),
        ("Agent", "Hello"),
        ("Customer", "Bye"),
        ("Agent", "See you"),
    ]
    table = raw_table([{"text": "Note: a\nSumme: b\nPreis: c"}] * 4)
    assert convert_turns(table, set()) is table


def test_tools_beside_the_turns_stand_in_the_system_text():
    tool = {"name": "lookup", "parameters": {}}
    row = {"messages": [{"role": "system", "content": "Be kind."}, *HI], "tools": [tool]}
    found = convert_turns(raw_table([row] * 2), set())
    system, *rest = found.rows[0].fields["messages"]
    assert system["content"].startswith("Be kind.\n\n") and '"lookup"' in system["content"]
    assert rest == HI and found.names == ("messages",)
    assert found.notes[0].startswith("D212")


def test_a_dialogue_beside_a_summary_stays_a_text():
    rows = [
        {"dialogue": f"Ann: Hi {i}\nBob: Hello\nAnn: Bye", "summary": f"They meet, {i}."}
        for i in range(6)
    ]
    assert tidy_table(raw_table(rows), set()).rows[0].fields == rows[0]


@pytest.mark.parametrize(
    "row",
    [
        {"conversations": HI, "system": "You are kind."},
        {"contents": HI, "systemInstruction": {"parts": [{"text": "You are kind."}]}},
        {"messages": HI, "system_prompt": "You are kind.", "tools": "[]"},
    ],
)
def test_a_text_for_the_model_beside_the_turns_stands_before_them(row):
    (first, *_) = convert_turns(raw_table([row] * 2), set()).rows
    assert [*first.fields.values()] == [[{"role": "system", "content": "You are kind."}, *HI]]


def test_a_system_that_is_a_name_or_has_a_role_stays():
    table = raw_table([{"messages": HI, "system": "Linux"}] * 2)
    assert convert_turns(table, set()) is table
    table = raw_table([{"messages": HI, "system": "You are kind."}] * 2)
    assert convert_turns(table, {"system"}) is table
