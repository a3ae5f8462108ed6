import json

import pytest

from assay.data.reading.findings import Findings
from assay.data.reading.load import load
from assay.data.reading.turns import is_conversation, turns_of, unlearnt, usual_role


@pytest.mark.parametrize(
    ("speaker", "role"),
    [
        ("Human", "user"),
        ("customer 2", "user"),
        ("GPT", "assistant"),
        ("Agent_1", "assistant"),
        ("developer", "system"),
        ("Maria", None),
        ("", None),
    ],
)
def test_usual_names_of_speakers_say_their_role(speaker, role):
    assert usual_role(speaker) == role


def test_no_list_of_turns_is_no_conversation():
    assert not is_conversation([]) and not is_conversation(["Hi"])


def said(*turns):
    return [{"role": role, "content": content} for role, content in turns]


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        (said(("user", "Hi"), ("user", "there"), ("assistant", "Hello")), "D044"),
        (said(("assistant", "Hello"), ("user", "Hi")), "D044"),
        (said(("user", "Hi"), ("assistant", "Hello"), ("user", "Bye")), "D042"),
        (said(("system", "Be kind."), ("user", "Hi")), "D042"),
        (said(("user", "Hi"), ("Maria", "Ho"), ("Tom", "Hello")), "D043"),
        (said(("user", [{"type": "image"}]), ("assistant", "A cat")), "D045"),
        (["Hi", "Hello"], "D025"),
        (None, "D026"),
    ],
)
def test_turns_that_no_template_takes_are_named(turns, code):
    found = Findings("a.jsonl")
    assert turns_of(turns, "messages", 5, found, target=True) is None
    assert [bad[0] for bad in found.bad.values()] == [code]


def test_an_answer_that_is_there_is_no_part_of_a_question():
    turns = said(("user", "Hi"), ("assistant", "Hello"))
    found = turns_of(turns, "messages", 5, Findings("a.jsonl"), target=False)
    assert [turn.content for turn in found] == ["Hi"]


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
    one = load({"data": [path]}, base=tmp_path).train[1]
    assert [message.role for message in one.messages] == ["user", "assistant", "user"]
    assert (
        one.messages[1].content == '<tool_call>\n{"name": "lookup",'
        ' "arguments": {"id": 7}}\n</tool_call>'
    )
    assert one.messages[2].content == "<tool_response>\nin the depot\n</tool_response>"
    assert one.target == "It is in the depot."


CALL = '<tool_call>\n{"name": "lookup", "arguments": {"id": 7}}\n</tool_call>'
RESULT = '<tool_response>\n{"place": "depot"}\n</tool_response>'


@pytest.mark.parametrize(
    "turns",
    [
        [  # LLaMA-Factory
            {"from": "function_call", "value": '{"name": "lookup", "arguments": {"id": 7}}'},
            {"from": "observation", "value": '{"place": "depot"}'},
        ],
        [  # Gemini
            {"role": "model", "parts": [{"functionCall": {"name": "lookup", "args": {"id": 7}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "lookup", "response": {"place": "depot"}}}],
            },
        ],
        [  # Anthropic
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "name": "lookup", "input": {"id": 7}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "content": '{"place": "depot"}'}],
            },
        ],
    ],
)
def test_calls_and_results_as_tuning_services_have_them(turns):
    talk = [{"role": "user", "content": "Where is order 7?"}, *turns]
    found = Findings("file")
    said = turns_of(talk, "messages", 1, found, target=False)
    assert said is not None and [one.role for one in said] == ["user", "assistant", "user"]
    assert [one.content for one in said[1:]] == [CALL, RESULT] and not found.problems


def test_turns_that_say_that_they_are_not_to_be_learnt():
    talk = [
        {"role": "user", "content": "Hi", "weight": 0},
        {"role": "assistant", "content": "Ho", "weight": 0},
        {"role": "assistant", "content": "Hello", "weight": 1},
        {"role": "assistant", "content": "Hey", "train": False},
        {"role": "assistant", "content": "Yes", "weight": None},
    ]
    assert unlearnt(talk) == {0, 2}
    assert unlearnt(talk[:1]) == unlearnt([]) == unlearnt("Hi") == frozenset()
    assert turns_of(talk[:2], "messages", 3, found := Findings("file"), target=True) is None
    assert found.problems[0].code == "D042"
