"""What is noted of questions and answers, and which answers can be rated."""

import pytest

from assay.core import store
from assay.core.types import Example, Lesson, Message, Task
from assay.deployment.server.request_log import RequestLog, feedback_file, parse_answer
from assay.strategies.baselines.majority import Majority

TASK = Task(kind="classify", labels=("pay", "lend"))


def record(number: int, **more) -> dict:
    row = {
        "id": f"chatcmpl-{number:032x}",
        "at": 1,
        "arm": "majority",
        "question": "where?",
        "answer": "pay",
    }
    return {
        **row,
        "passages": [],
        "prompt_tokens": 3,
        "tokens": 1,
        "seconds": 0.1,
        "finish": "stop",
        **more,
    }


@pytest.fixture
def book(tmp_path):
    def make(ready=lambda example: example):
        row = Example("0", (Message("user", "x"),), "pay")
        arm = Majority().fit(Lesson(task=TASK, train=(row,)))
        return RequestLog(tmp_path / "log.jsonl", {"majority": arm}, TASK, ready)

    return make


def test_a_line_says_how_the_answer_is_read(book):
    one = book()
    one.note(record(1))
    one.note(record(2, answer="I would say nothing of the kind"))
    one.note(record(3, arm="base", answer="hello"))
    rows = list(store.read_lines(one.file))
    assert [row.get("parsed", ...) for row in rows] == ["pay", None, ...]
    assert "abstained" not in rows[2] and rows[0]["abstained"] is False
    assert one.file.stat().st_mode & 0o777 == 0o600


def test_questions_stand_as_the_arms_were_asked(book):
    one = book(lambda example: example.with_text(example.text.replace("Ann", "<person>")))
    one.note(record(1, question="Ann lost it"))
    assert [row["question"] for row in store.read_lines(one.file)] == ["<person> lost it"]
    assert b"Ann" not in one.file.read_bytes()


def test_only_answers_that_were_noted_can_be_rated_also_after_a_new_start(book):
    first = book()
    first.note(record(1))
    with first.file.open("ab") as file:
        file.write(b'{"id": "chatcmpl-torn')  # what a kill leaves
    again = book()
    again.note(record(2))
    assert [row["id"] for row in store.read_lines(again.file)] == [record(1)["id"], record(2)["id"]]
    assert again.rate({"id": record(1)["id"], "rating": "bad", "correction": "lend"})
    assert not again.rate({"id": record(3)["id"], "rating": "good"})
    (row,) = store.read_lines(feedback_file(again.file))
    assert row.pop("at") > 0 and row == {
        "id": record(1)["id"],
        "rating": "bad",
        "correction": "lend",
    }


def test_one_of_several_prompts_is_rated_by_its_number(book):
    one = book()
    for name in ("cmpl-a-0", "cmpl-a-1"):
        one.note({**record(1), "id": name})
    rated = [
        one.rate({"id": name, "rating": "good"})
        for name in ("cmpl-a", "cmpl-a-1", "cmpl-a-2", "cmpl-b")
    ]
    assert rated == [True, True, False, False]


def test_a_model_that_is_no_arm_is_not_judged():
    assert parse_answer(None, TASK, "anything", []) == {}
