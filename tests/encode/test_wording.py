import pytest

from assay.aim.kinds import CLASSIFY
from assay.encode.wording import Wording, ask, posed, shown
from assay.nouns import Document, Example, Message, Task
from assay.prompt import Shots

TASK = Task(kind="classify", labels=("card", "refund"), instruction="Sort it.")
QUESTION = Example("q", (Message("user", "where is it?"),), target="card")


def test_a_question_is_a_system_and_a_user_turn():
    assert ask(TASK, QUESTION) == (Message("system", "Sort it."), Message("user", "where is it?"))


def test_labels_are_shown_when_asked_for():
    assert ask(TASK, QUESTION, labels=True)[0].content == "Sort it.\nLabels:\n- card\n- refund"


def test_a_task_without_an_instruction_gets_its_kinds():
    assert ask(Task(kind="classify"), QUESTION)[0].content == CLASSIFY.instruction


def test_earlier_turns_stay_and_system_turns_are_joined():
    turns = (
        Message("system", "be brief"),
        Message("user", "hi"),
        Message("assistant", "hello"),
        Message("user", "so?"),
    )
    system, *rest = ask(TASK, Example("q", turns))
    assert system == Message("system", "Sort it.\nbe brief")
    assert rest == list(turns[1:])


def test_the_best_passage_stands_next_to_the_question():
    context = (Document("a", "best"), Document("b", "second"))
    question = Example("q", QUESTION.messages, context=context)
    assert ask(TASK, question)[-1].content == "Passages:\n[2] second\n[1] best\n\nQuestion: where is it?"
    assert "Use the passages." in ask(TASK, question)[0].content


def test_a_solved_example_is_two_turns():
    assert shown(TASK, QUESTION) == (Message("user", "where is it?"), Message("assistant", "card"))


def test_the_target_is_never_part_of_the_question():
    assert ask(TASK, QUESTION) == ask(TASK, QUESTION.question)


SOLVED = (
    Example("a", (Message("user", "my card is gone"),), "card"),
    Example("b", (Message("user", "pay me"),), "refund"),
)
MARKED = Wording(layout="text", question="Message:", answer="Label:", label_words={"card": "a card"})


def test_the_default_wording_changes_nothing():
    system, user = ask(TASK, QUESTION, labels=True)
    turns = [message for shot in SOLVED for message in shown(TASK, shot)]
    assert posed(TASK, QUESTION, SOLVED, labels=True, wording=Wording()) == (system, *turns, user)
    assert Shots(k=2, wording=Wording()).changed() == Shots(k=2).changed()


def test_words_stand_for_labels_wherever_they_are_shown():
    system, *_, answer, last = posed(
        TASK, QUESTION, SOLVED[:1], labels=True, wording=Wording(label_words={"card": "X"})
    )
    assert system.content == "Sort it.\nLabels:\n- X\n- refund"
    assert (answer.content, last.content) == ("X", "where is it?")


def test_examples_as_text_are_one_turn():
    system, user = posed(TASK, QUESTION, SOLVED, wording=MARKED)
    assert system.content == "Sort it."
    assert user.content == (
        "Message: my card is gone\nLabel: a card\n\nMessage: pay me\nLabel: refund\n\nMessage: where is it?\nLabel:"
    )


def test_instruction_ending_and_no_list():
    wording = Wording(instruction="Route it.", ending="Be brief.", list_labels=False)
    assert ask(TASK, QUESTION, labels=True, wording=wording) == (
        Message("system", "Route it."),
        Message("user", "where is it?\nBe brief."),
    )


@pytest.mark.parametrize(
    ("wording", "marks"),
    [
        (Wording(), ("", "")),
        (Wording(question="Q:"), ("Q:", "")),
        (Wording(answer="A:"), ("Question:", "A:")),
        (Wording(layout="text"), ("Question:", "Answer:")),
    ],
)
def test_marks_are_there_where_they_are_needed(wording, marks):
    assert wording.marks == marks
