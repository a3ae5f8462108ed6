import pytest

from assay.data.reading.load import load
from assay.data.reading.nested_turns import lift_turns
from assay.data.reading.preferences import preference
from helpers.raw_tables import raw_table
from helpers.toy import write_rows


def turn(role, text, **more):
    return {"role": role, "content": text, **more}


def asked(i):
    return [turn("user", f"Where is dock {i}?")]


def openai(i):
    request = {"custom_id": f"r{i}", "body": {"model": "m", "messages": asked(i)}}
    body = {"choices": [{"index": 0, "message": turn("assistant", f"Mill {i}.")}]}
    return request, {"custom_id": f"r{i}", "response": {"body": body}, "error": None}


def anthropic(i):
    request = {"custom_id": f"r{i}", "params": {"system": "Be brief.", "messages": asked(i)}}
    message = turn("assistant", [{"type": "text", "text": f"Mill {i}."}])
    return request, {"custom_id": f"r{i}", "result": {"type": "succeeded", "message": message}}


@pytest.mark.parametrize("call", [openai, anthropic])
def test_requests_and_responses_in_two_files_are_joined(tmp_path, call):
    calls = [call(i) for i in range(6)]
    write_rows(tmp_path / "in.jsonl", [request for request, _ in calls])
    write_rows(tmp_path / "out.jsonl", [response for _, response in reversed(calls)])
    got = load({"data": [tmp_path]}, base=tmp_path)
    assert (got.kind, len(got.train)) == ("answer", 6)
    assert [(one.text, one.target) for one in got.train[:1]] == [("Where is dock 0?", "Mill 0.")]
    assert (got.train[0].messages[0].content == "Be brief.") is (call is anthropic)


def test_calls_that_failed_are_left_out_and_counted(tmp_path):
    calls = [openai(i)[1] for i in range(6)]
    calls[2] = {"custom_id": "r2", "response": None, "error": {"code": "rate"}}
    found = lift_turns(raw_table(calls), set())
    assert [raw.fields["completion"] for raw in found.rows][1:3] == ["Mill 1.", "Mill 3."]
    assert found.notes[-1].startswith("D206") and "1 row" in found.notes[-1]


def test_a_call_in_one_row_is_a_conversation():
    parts = {"role": "model", "parts": [{"text": "Mill."}]}
    row = {
        "request": {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Where?"}]}],
        },
        "response": {"candidates": [{"content": parts}]},
        "key": "a",
    }
    found = lift_turns(raw_table([row] * 3), set())
    turns = found.rows[0].fields["messages"]
    assert [one["role"] for one in turns] == ["system", "user", "model"]
    assert found.names == ("messages", "key") and found.roles == {"messages": "messages"}


def part(who, text, **more):
    return {"author": {"type": who, "id": 7}, "body": text, **more}


def test_a_talk_of_a_service_ends_with_its_last_answer():
    parts = [
        part("bot", None),
        part("admin", "<p>One &amp; two.</p>"),
        part("admin", "And three.", part_type="comment"),
        part("admin", "Angry customer!", part_type="note"),
        part("user", "Thanks"),
    ]
    row = {"id": "t1", "source": part("lead", "<p>How many?</p>"), "parts": {"parts": parts}}
    found = lift_turns(raw_table([row, row, {**row, "parts": {"parts": []}}]), set())
    assert found.rows[0].fields["messages"] == [
        turn("user", "How many?"),
        turn("assistant", "One & two.\n\nAnd three."),
    ]
    assert len(found.rows) == 2 and "D206" in found.notes[-1]


def test_turns_of_the_row_itself_and_other_objects_stay():
    dpo = {
        "input": {"messages": asked(1)},
        "preferred_output": [turn("assistant", "Mill.")],
        "non_preferred_output": [turn("assistant", "No.")],
    }
    for row in (
        dpo,
        {"messages": asked(1), "meta": {"message": turn("assistant", "x")}},
        {"post": {"comments": [{"author": "ann", "text": "Hi"}]}, "label": "kind"},
        {"user": {"name": "ann", "text": "Hi"}},
        {"meta": {"tags": [{"name": "model", "value": "b"}]}, "text": "Hi"},
        {"meta": {"people": [{"role": "client", "text": "Ann"}]}, "text": "Hi"},
        {"post": {"by": {"author": {"type": "staff"}, "body": "Hi"}}},
        {},
    ):
        table = raw_table([row] * 4)
        assert lift_turns(table, set()) is table
    assert preference([*dpo], dpo)
    table = raw_table([openai(1)[0]] * 3)
    assert lift_turns(table, {"body"}) is table
