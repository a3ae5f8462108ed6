"""Outcomes of written programs: none is run twice, and none without a sandbox to run it in."""

import pytest

from assay.core.types import Answer, Checks, Example, Message, Record, Task
from assay.evaluation.code_outcomes import (
    NO_CODE,
    count_passes,
    outcomes,
    program_of,
    spread,
    with_outcomes,
)
from assay.evaluation.sandbox.python import ExecutionOutcome

TASK = Task(kind="code")
PASSED, WRONG = ExecutionOutcome("passed", 0), ExecutionOutcome("wrong value", 0)


def record(text, tests=("assert f(1) == 2",), **more):
    question = Example("a", (Message("user", "add one"),))
    return Record(question, "f = lambda x: x + 1", (), Answer(text, **more), checks=Checks(tests))


@pytest.fixture(autouse=True)
def _no_sandbox(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")


def test_an_outcome_that_is_known_is_taken_in_order_and_nothing_is_run():
    rows = [record("x", ran=("passed", 0, "")), record(None), record("y", ran=("test", 1, "no"))]
    assert outcomes(rows, TASK) == [PASSED, NO_CODE, ExecutionOutcome("test", 1, "no")]


def test_drawn_answers_follow_their_record_and_get_their_outcomes_back():
    rows = [record("a", samples=("b", None)), record("c")]
    assert [one.answer.text for one in spread(rows)] == ["a", "b", None, "c"]
    first, second = with_outcomes(rows, [WRONG, PASSED, NO_CODE, PASSED])
    assert first.answer.ran == ("wrong value", 0, "")
    assert first.answer.sampled == ("passed", "not parsed")
    assert second.answer.ran == ("passed", 0, "") and second.answer.sampled == ()
    # Of two drawn programs one passes; where none was drawn the answer itself is counted.
    assert count_passes([first, second], TASK) == [(2, 1), (1, 1)]


def test_a_row_without_tests_cannot_be_run():
    with pytest.raises(ValueError, match="row a has no tests"):
        program_of(record("f = 1", tests=()))
