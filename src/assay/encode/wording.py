"""A question as chat messages: one wording for every arm, so that arms differ in what they say they differ in.

system   the task's instruction; the labels, one a line, where the arm shows them
user     the passages, numbered, when there are any; then the question as it is
Forgery  where marks such as `Message:` and `Label:` stand before questions and answers, a text of the data could write
         them too and look like one more solved example. A mark counts at the beginning of a line only, and no text of
         the data begins a line there: its first line follows a mark, all others are indented
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from assay.aim.kinds import kind_of
from assay.nouns import Example, Message, Messages, Settings, Task

WITH_PASSAGES = "Use the passages."
QUESTION, ANSWER = "Question:", "Answer:"  # the marks where marks are needed and none are given
INDENT = "  "


class Wording(Settings):
    """How a task is put to a model. The default is the wording that trained arms have learnt, too."""

    instruction: str = ""  # in place of the task's
    label_words: dict[str, str] = {}  # label -> words that are shown and scored in its place
    list_labels: bool = True  # False: the labels are not listed in the instruction
    layout: Literal["turns", "text"] = "turns"  # solved examples as turns, or as text before the question
    question: str = Field(default="", max_length=200)  # words before every question, such as `Message:`
    answer: str = Field(default="", max_length=200)  # words before every answer, such as `Label:`
    ending: str = ""  # text after every question

    @property
    def marks(self) -> tuple[str, str]:
        """The words before a question and before an answer; both empty where turns alone tell them apart."""
        question, answer = self.question.strip(), self.answer.strip()
        if self.layout == "text" or answer:
            return question or QUESTION, answer or ANSWER
        return question, ""

    def words(self, label: str) -> str:
        """What stands for a label, or for any other target."""
        return self.label_words.get(label, label)


PLAIN = Wording()


def ask(task: Task, question: Example, *, labels: bool = False, wording: Wording = PLAIN) -> Messages:
    """The messages that ask `question`: a system turn, earlier turns of the conversation, the user's turn.

    Args:
        labels: list the task's labels in the system turn. Arms without training need it; a trained arm has learnt
            them, and a list of 77 labels costs 570 tokens a question.
    """
    return posed(task, question, labels=labels, wording=wording)


def posed(
    task: Task, question: Example, shots: Sequence[Example] = (), *, labels: bool = False, wording: Wording = PLAIN
) -> Messages:
    """As `ask`, with solved examples: as turns after the system turn, or as text before the question."""
    lines = [wording.instruction or task.instruction or kind_of(task).instruction]
    if question.context:
        lines.append(WITH_PASSAGES)
    if labels and wording.list_labels and task.labels:
        lines += ["Labels:", *(f"- {wording.words(label)}" for label in task.labels)]
    turns = [message for message in question.messages if message.role != "system"]
    lines += [message.content for message in question.messages if message.role == "system"]
    *earlier, last = turns
    asked = _asked(question, last.content, wording)
    if wording.layout == "text":
        solved = [_asked(shot, shot.messages[-1].content, wording) + " " + _answered(shot, wording) for shot in shots]
        return (Message("system", "\n".join(lines)), *earlier, Message("user", "\n\n".join([*solved, asked])))
    solved = [message for shot in shots for message in shown(task, shot, wording)]
    return (Message("system", "\n".join(lines)), *solved, *earlier, Message("user", asked))


def shown(task: Task, example: Example, wording: Wording = PLAIN) -> Messages:
    """A solved example as two turns of the conversation: what few-shot prompts are made of."""
    asked = _asked(example, example.messages[-1].content, wording)
    return (Message("user", asked), Message("assistant", wording.words(example.target or "")))


def with_passages(question: Example, text: str) -> str:
    """`text` after the question's passages, best passage last: next to the question, where small models look."""
    if not question.context:
        return text
    passages = [f"[{len(question.context) - i}] {d.text}" for i, d in enumerate(reversed(question.context))]
    return "\n".join(["Passages:", *passages, "", f"Question: {text}"])


def inside(text: str) -> str:
    """`text` of the data with every line but the first indented: whatever breaks a line counts as the end of one."""
    return f"\n{INDENT}".join(text.strip().splitlines())


def _asked(question: Example, text: str, wording: Wording) -> str:
    """One question, up to where its answer begins."""
    before, after = wording.marks
    lines = [with_passages(question, text)]
    if before:
        passages = [f"[{len(question.context) - i}] {inside(d.text)}" for i, d in enumerate(reversed(question.context))]
        lines = ["Passages:", *passages, ""] if passages else []
        lines.append(f"{before} {inside(text)}".rstrip())
    lines += [wording.ending] if wording.ending else []
    return "\n".join(lines + ([after] if after else []))


def _answered(example: Example, wording: Wording) -> str:
    return inside(wording.words(example.target or ""))
