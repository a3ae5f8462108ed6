"""Rows of a task of summaries, and a lesson of them that is judged by the task's own metric."""

from assay.core.types import Example, Lesson, Means, Message, Task
from assay.runtime.arms.task_score import task_score

TASK = Task(kind="summarise")


def row(number, text, target):
    return Example(f"r{number}", (Message("user", text),), target)


def lesson(rows):
    return Lesson(
        TASK,
        tuple(rows),
        means=Means(seed=3),
        judge=lambda some, answers: task_score(some, answers, TASK),
    )
