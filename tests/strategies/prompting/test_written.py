"""Arms that write give their answers the task's form."""

import json
import re
from dataclasses import replace

import pytest

from assay.core.store import read_lines
from assay.core.types import Form, Task
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.retrieval.rag import Rag
from assay.tasks import parsing

SCHEMA = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}},
    "required": ["colour"],
          "additionalProperties": False}  # fmt: skip


@pytest.mark.parametrize(
    "arm", [Shots(k=0), Rag(inner=Shots(k=1))], ids=["prompted", "with retrieval"]
)
def test_answers_of_arms_have_the_form(lesson, arm):
    given = lesson("answer")
    task = Task(kind="answer", form=Form("json", json.dumps(SCHEMA)), max_answer_tokens=120)
    adapted = arm.fit(replace(given, task=task))
    for answer in adapted.answer([example.question for example in given.val]):
        assert not answer.truncated
        # Lines and all: what stands in the text is what is judged.
        assert json.loads(answer.text)["colour"] in ("red", "blue")
        assert answer.text == answer.raw.strip()


def test_stop_texts_of_the_task_end_answers(lesson):
    given = lesson("answer")
    questions = [example.question for example in given.val]
    free = Shots(k=0).fit(given).answer(questions)
    letters = "".join(
        sorted({letter for answer in free for letter in answer.raw if letter.isalpha()})
    )
    task = Task(kind="answer", stop=tuple(letters))
    answers = Shots(k=0).fit(replace(given, task=task)).answer(questions)
    assert not any(re.search(f"[{letters}]", answer.raw) for answer in answers)
    assert any(answer.raw != other.raw for answer, other in zip(answers, free, strict=True))


def test_a_form_keeps_every_line_of_an_answer():
    formed = Task(kind="answer", form=Form("json", "{}"))
    assert parsing.lenient(formed, '{\n  "a": 1\n}\n') == '{\n  "a": 1\n}'
    assert parsing.lenient(Task(kind="answer"), "one\ntwo") == "one"
    assert parsing.lenient(formed, " ") is None


@pytest.mark.nightly
def test_a_run_gives_every_written_answer_its_form(tiny_model, tmp_path):
    import assay
    from helpers.toy import WORDS, write_rows

    rows = [
        {"question": f"what is {w} {i}", "answer": label}
        for label, ws in WORDS.items()
        for i, w in enumerate(ws.split())
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "project.yaml").write_text(
        "version: 2\ntask: {kind: answer, form: {json: schema.json}, max_answer_tokens: 99}\n"
        "data: {files: {data: rows.jsonl}}\n"
        f"split: {{train: 0.5, val: 0.2, test: 0.3}}\nmodel: {tiny_model}\n"
        "compare:\n  - {kind: shots, k: 0}\n  - {kind: lora, rank: 4, epochs: 1}\n"
    )
    assay.run(tmp_path)
    for arm in ("zero-shot", "lora-r4-e1"):
        said = list(read_lines(tmp_path / "report" / "predictions" / f"{arm}.jsonl"))
        assert len(said) > 4
        assert all(json.loads(row["answer"])["colour"] in ("red", "blue") for row in said)
