"""Questions with a text that they are answered from, and a lesson of them that is judged by the
task's own metric."""

from collections.abc import Sequence

from assay.core.types import Document, Example, Lesson, Means, Message, Task
from assay.runtime.arms.task_score import task_score

TASK = Task(kind="answer")
BRIDGE = (
    "The bridge was opened by Anna Berg in May 1931. It is 345 metres long and cost 2.5 million"
    " crowns. Trams crossed it until 1968."
)


def row(question: str, target: str | None, text: str = BRIDGE) -> Example:
    """`text`: the row's own context; none where it is empty."""
    context = (Document("d", text),) if text else ()
    return Example(f"{question} {text}", (Message("user", question),), target, context=context)


def lesson(
    rows: Sequence[Example], task: Task = TASK, documents: Sequence[Document] = ()
) -> Lesson:
    return Lesson(
        task,
        tuple(rows),
        documents=tuple(documents),
        means=Means(seed=3),
        judge=lambda some, said: task_score(some, said, task),
    )
