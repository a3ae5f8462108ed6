from assay.aim.kinds import CLASSIFY
from assay.encode.wording import ask, shown
from assay.nouns import Document, Example, Message, Task

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
