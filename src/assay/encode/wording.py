"""A question as chat messages: one wording for every arm, so that arms differ in what they say they differ in.

system   the task's instruction; the labels, one a line, where the arm shows them
user     the passages, numbered, when there are any; then the question as it is
"""

from assay.aim.kinds import kind_of
from assay.nouns import Example, Message, Messages, Task

WITH_PASSAGES = "Use the passages."


def ask(task: Task, question: Example, *, labels: bool = False) -> Messages:
    """The messages that ask `question`: a system turn, earlier turns of the conversation, the user's turn.

    Args:
        labels: list the task's labels in the system turn. Arms without training need it; a trained arm has learnt
            them, and a list of 77 labels costs 570 tokens a question.
    """
    lines = [task.instruction or kind_of(task).instruction]
    if question.context:
        lines.append(WITH_PASSAGES)
    if labels and task.labels:
        lines += ["Labels:", *(f"- {label}" for label in task.labels)]
    turns = [message for message in question.messages if message.role != "system"]
    lines += [message.content for message in question.messages if message.role == "system"]
    *earlier, last = turns
    return (Message("system", "\n".join(lines)), *earlier, Message("user", with_passages(question, last.content)))


def with_passages(question: Example, text: str) -> str:
    """`text` after the question's passages, best passage last: next to the question, where small models look."""
    if not question.context:
        return text
    passages = [f"[{len(question.context) - i}] {d.text}" for i, d in enumerate(reversed(question.context))]
    return "\n".join(["Passages:", *passages, "", f"Question: {text}"])


def shown(task: Task, example: Example) -> Messages:
    """A solved example as two turns of the conversation: what few-shot prompts are made of."""
    last = example.messages[-1].content
    return (Message("user", with_passages(example, last)), Message("assistant", example.target or ""))
