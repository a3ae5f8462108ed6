import json

import pytest

from assay.core.errors import DataError
from assay.core.types import Changed, Dropped, Example, Means, Message
from assay.data.reading.load import load
from assay.data.steps.dialogues import Dialogues
from assay.runtime.data_stage.prepare import prepare
from helpers.problems import problem

ROLES = {"s": "system", "u": "user", "a": "assistant"}


def turns(text):
    """`u:Hi a:Hello` as messages."""
    return [Message(ROLES[part[0]], part[2:]) for part in text.split()]


def row(text, asked=False):
    messages = turns(text)
    if asked:
        return Example("1", tuple(messages))
    ends = messages and messages[-1].role == "assistant"
    return Example(
        "1", tuple(messages[:-1] if ends else messages), messages[-1].content if ends else ""
    )


def said(example):
    parts = [
        *example.messages,
        *([] if example.target is None else [Message("assistant", example.target)]),
    ]
    return " ".join(f"{part.role[0]}:{part.content}" for part in parts)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("u:Hi u:there a:Hello a:friend", "u:Hi_there a:Hello_friend", "turns of one role joined"),
        (
            "u:Hi a: u:again a:Hello",
            "u:Hi_again a:Hello",
            "empty turn dropped, turns of one role joined",
        ),
        ("a:Welcome u:Hi a:Hello", "u:Hi a:Hello", "cut before the first question"),
        ("u:Hi a:Hello u:Bye", "u:Hi a:Hello", "cut after the last answer"),
        ("u:Hi s:Kind a:Hello", "s:Kind u:Hi a:Hello", "system turn moved to the front"),
        (
            "s:Kind s:Brief u:Hi a:Hello",
            "s:Kind__Brief u:Hi a:Hello",
            "system turn moved to the front",
        ),
    ],
)
def test_a_conversation_is_mended(before, after, reason):
    result = Dialogues(between="line").one(row(before), Means())
    assert isinstance(result, Changed)
    assert said(result.example).replace("\n", "_") == after
    assert result.reason == reason


@pytest.mark.parametrize("text", ["u:Hi a:Hello", "s:Kind u:Hi a:Hello u:And a:Bye"])
def test_a_sound_one_stays(text):
    example = row(text)
    assert Dialogues().one(example, Means()) is example


@pytest.mark.parametrize("text", ["u:Hi u:there", "a:Hello", "s:Kind", "u: a:Hello"])
def test_one_without_a_question_or_an_answer_goes(text):
    result = Dialogues().one(row(text), Means())
    assert isinstance(result, Dropped) and result.reason == "no question with an answer"


def test_a_question_ends_with_the_user():
    result = Dialogues(between="space").one(
        row("u:Hi a:Hello u:And u:then a:", asked=True), Means()
    )
    assert said(result.example) == "u:Hi a:Hello u:And then"


def test_a_system_turn_may_be_dropped():
    result = Dialogues(system="drop").one(row("s:Kind u:Hi s:Brief a:Hello"), Means())
    assert said(result.example) == "s:Kind u:Hi a:Hello" and result.reason == "system turn dropped"


# --- from a file ----------------------------------------------------------------------------------


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_without_the_step_a_later_system_turn_is_refused_and_with_it_it_is_read(tmp_path):
    talk = [
        {"role": ROLES[part[0]], "content": part[2:]}
        for part in "u:Hi u:there s:Kind a:Hello u:Bye".split()
    ]
    write(tmp_path / "t.jsonl", [{"messages": talk}])
    with problem(DataError, "D044", "t.jsonl:1", "system"):
        load({"data": ["t.jsonl"]}, base=tmp_path)
    (example,) = load({"data": ["t.jsonl"]}, base=tmp_path, mend_turns=True).train
    result = Dialogues(between="space").one(example, Means())
    assert said(result.example) == "s:Kind u:Hi there a:Hello"


def test_a_project_with_the_step(tmp_path):
    from assay.config import load as load_project

    talks = [
        f"a:Welcome u:where_is_{i * 37 % 101}_{i} u:please a:in_hall_{i} u:thanks"
        for i in range(60)
    ]
    rows = [
        {
            "messages": [
                {"role": ROLES[part[0]], "content": part[2:].replace("_", " ")}
                for part in talk.split()
            ]
        }
        for talk in talks
    ]
    write(tmp_path / "t.jsonl", rows)
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: t.jsonl}}\n"
        "prepare: [{kind: dialogues, between: space}]\nsplit: {near: 1.0}\n"
    )
    prepared = prepare(load_project(tmp_path / "project.yaml"), lambda event: None)
    examples = [
        example for split in ("train", "val", "test") for example in prepared.examples(split)
    ]
    assert len(examples) == 60
    assert all(
        [m.role for m in e.messages] == ["user"] and e.messages[0].content.endswith("please")
        for e in examples
    )
    (step,) = prepared.note["steps"]
    assert (step["step"], step["action"], step["rows"]) == ("dialogues", "changed", 60)
