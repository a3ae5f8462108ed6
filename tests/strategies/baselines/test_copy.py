"""The input as it is, whatever it says."""

from assay.core.types import Answer, Example, Lesson, Message, Task
from assay.strategies.baselines.copy import Copy

LESSON = Lesson(Task(kind="rewrite"))


def test_the_answer_is_the_last_message_without_white_space_around_it():
    asked = Example("q", (Message("system", "Be short."), Message("user", " One.\n\ntwo ")))
    assert Copy().fit(LESSON).answer([asked]) == [Answer("One.\n\ntwo", raw="One.\n\ntwo")]


def test_it_keeps_nothing_and_comes_back(tmp_path):
    Copy().fit(LESSON).save(tmp_path)
    assert not any(tmp_path.iterdir())
    asked = [Example("q", (Message("user", "One."),))]
    assert Copy().restore(tmp_path, LESSON).answer(asked) == Copy().fit(LESSON).answer(asked)


def test_it_belongs_to_tasks_whose_answer_may_be_a_text_of_the_question():
    assert not Copy().belongs_elsewhere(Task(kind="rewrite"))
    assert "'classify'" in Copy().belongs_elsewhere(Task(kind="classify"))
