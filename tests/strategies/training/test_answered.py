"""Of several accepted answers all are learnt where they are ways of saying it, the first where they
are spellings."""

from dataclasses import replace

import pytest

from assay.core.types import Example, Lesson, Message, Task
from assay.strategies.training.trained_arm import expand_answers

LONG = "the blue café by the river is cheap and good"
ROWS = (
    Example(
        "a",
        (Message("user", "name: Blue, price: low"),),
        LONG,
        also=(LONG.replace("cheap", "not dear"), "Go to Blue."),
    ),
    Example("b", (Message("user", "name: Green"),), "Green is a pub."),
)
SHORT = (replace(ROWS[0], target="Paris", also=("the city of Paris",)), ROWS[1])


@pytest.mark.parametrize(
    ("rows", "which", "kind", "learnt"),
    [
        (
            ROWS,
            "derive",
            "answer",
            [LONG, LONG.replace("cheap", "not dear"), "Go to Blue.", "Green is a pub."],
        ),
        (ROWS, "first", "answer", [LONG, "Green is a pub."]),
        (SHORT, "derive", "answer", ["Paris", "Green is a pub."]),
        (SHORT, "all", "answer", ["Paris", "the city of Paris", "Green is a pub."]),
        # a row of a classification has one label to learn
        (ROWS, "all", "classify", [LONG, "Green is a pub."]),
    ],
)
def test_which_answers_are_learnt(rows, which, kind, learnt):
    lesson = Lesson(Task(kind=kind), train=rows)
    assert [row.target for row in expand_answers(lesson, which)] == learnt


def test_rows_with_one_answer_are_the_lesson_s_own():
    lesson = Lesson(Task(kind="answer"), train=ROWS[1:])
    assert expand_answers(lesson, "all") is lesson.train
