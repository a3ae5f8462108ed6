"""Rows that carry their own instruction get no other one: from the file to the prompt."""

import json
from pathlib import Path

import pytest

from assay import config
from assay.config.new_project import init
from assay.core.corrupt_files import silent
from assay.core.types import Document, Example, Message, Task
from assay.runtime.data_stage.prepare import prepare
from assay.tasks.prompt_format import ask, with_policy
from assay.tasks.row_instructions import LONG, instruction_of_rows

N = range(30)
COLOURS = ("red", "blue", "green", "white", "black", "brown")
SAID = [f"The {COLOURS[i % 6]} door of house {i} is open, so please close it at {i}." for i in N]
LONGER = "It was closed at once, as you wished, and the key hangs where it always hangs"


def turns(i: int, *more: dict) -> list[dict]:
    return [
        *more,
        {"role": "user", "content": SAID[i]},
        {"role": "assistant", "content": f"No {i}"},
    ]


CALL = '<tool_call>\n{"name": "close", "arguments": {"house": %d}}\n</tool_call>'
ROWS = {
    "alpaca": [{"instruction": SAID[i], "input": "", "output": f"{LONGER}: {i}."} for i in N],
    "short": [{"instruction": SAID[i], "output": f"Closed {i}."} for i in N],
    "prompt": [{"prompt": SAID[i], "completion": f"<think>{i} is odd?</think> {i}"} for i in N],
    "chat": [{"messages": turns(i)} for i in N],
    "system": [{"messages": turns(i, {"role": "system", "content": "Be rude."})} for i in N],
    "pairs": [{"prompt": SAID[i], "chosen": f"Yes {i}.", "rejected": f"No {i}."} for i in N],
    "verdicts": [{"prompt": SAID[i], "completion": f"Yes {i}.", "label": True} for i in N],
    "tools": [
        {
            "messages": [
                {"role": "system", "content": "You can call: close(house)"},
                {"role": "user", "content": SAID[i]},
                {"role": "assistant", "content": CALL % i},
            ]
        }
        for i in N
    ],
}


def made(folder: Path, rows: list[dict]) -> Path:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = init("rows.jsonl")
    text = file.read_text(encoding="utf-8").replace("split:\n", "split:\n  paraphrase: null\n")
    file.write_text(text, encoding="utf-8")  # no encoder is loaded
    return file


@pytest.mark.parametrize("name", ROWS)
def test_prompts_of_such_rows_hold_what_the_rows_hold_and_nothing_else(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = made(tmp_path, ROWS[name])
    assert "no instruction is added" in file.read_text(encoding="utf-8")
    prepared = prepare(config.load(file), silent)
    assert prepared.task.instruction is None
    for row in prepared.examples("train"):
        assert ask(prepared.task, row) == row.messages
    assert any("no instruction is added" in one for one in prepared.note["notes"])


def test_an_instruction_that_the_project_names_is_the_one_that_is_sent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = made(tmp_path, ROWS["chat"])
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("task:\n", "task:\n  instruction: Be brief.\n"))
    prepared = prepare(config.load(file), silent)
    assert not any("no instruction is added" in one for one in prepared.note["notes"])
    row = prepared.examples("train")[0]
    assert ask(prepared.task, row) == (Message("system", "Be brief."), *row.messages)
    # The rows are the same: without it they carry their own again.
    file.write_text(text, encoding="utf-8")
    again = prepare(config.load(file), silent)
    assert again.cached and again.task.instruction is None


def examples(target: str, *before: Message) -> list[Example]:
    return [Example("a", (*before, Message("user", "Who?")), target)]


def test_which_rows_carry_their_own():
    short, long = examples("Ann"), examples(" ".join(["word"] * 40))
    assert instruction_of_rows("answer", {"question": "question"}, short) is None
    assert instruction_of_rows("classify", {"text": "prompt"}, short) is None
    assert instruction_of_rows("code", {"text": "instruction"}, short) is None
    # "in a few words" is false of 40
    said = instruction_of_rows("answer", {"question": "question"}, long)
    assert said is not None and said.instruction == LONG and "few" not in LONG
    ruled = examples("Ann", Message("system", "Sort it."))
    said = instruction_of_rows("classify", {"messages": "messages"}, ruled)
    assert said is not None and said.instruction is None


def test_passages_and_rules_still_stand_in_a_system_text():
    task = Task(kind="answer", instruction=None)
    asked = Example("a", (Message("user", "Who?"),), context=(Document("d", "Ann did."),))
    assert ask(task, asked)[0] == Message("system", "Use the passages.")
    ruled = task.model_copy(update={"policy": "## Kind\nBe kind.\n"})
    wording = with_policy(ruled)
    assert not wording.instruction.startswith("\n") and wording.instruction
