"""What is said of a strategy that does other kinds of task than this one."""

from collections.abc import Iterator, Sequence

from assay.core.errors import Problem
from assay.core.types import Strategy, Task

# Kinds whose answers are texts, which may stand in the passages of a row.
FROM_PASSAGES = ("answer", "number", "chat")
# Kinds whose answers may be sentences of what is asked.
FROM_TEXT = ("answer", "summarise", "rewrite", "chat")


def other_kind(
    strategy: Strategy, task: Task, kinds: Sequence[str], does: str
) -> Iterator[Problem]:
    """T057 where the task is of none of the kinds.

    Args:
        does: what the strategy does, such as "puts candidates in order".
    """
    if task.kind not in kinds:
        text = f"{strategy.kind} {does}; this task is of the kind '{task.kind}'"
        yield Problem("T057", text, help=f"leave it out; it is for {', '.join(kinds)}")


def refuse_text_of_question(task: Task) -> str:
    """What is said of a strategy that answers with text of the question where no such text is an
    answer; empty where it may be one."""
    if task.picks or task.kind in ("multilabel", "extract", "rank"):
        return f"answers with text of the question; this task is of the kind '{task.kind}'"
    return ""
