import pytest

from assay.core.types import Form, Task
from assay.tasks.parsing import AnswerParser, all_numbers, lenient, number, split_reasoning, strict

LABELS = Task(kind="classify", labels=("card", "card lost", "refund_status"))
FREE = Task(kind="answer")


def test_labels(subtests):
    for text, is_strict, is_lenient in [
        ("card lost", "card lost", "card lost"),
        ("  card\n", "card", "card"),
        ("Card Lost.", None, "card lost"),  # the longer name, although `card` stands in it too
        ("The label is refund status!", None, "refund_status"),
        ("card or refund_status", None, None),  # two are named
        ("cardigan", None, None),  # a label inside a word is no label
        ("", None, None),
        ("no idea", None, None),
    ]:
        with subtests.test(repr((text, is_strict, is_lenient))):
            assert (strict(LABELS, text), lenient(LABELS, text)) == (is_strict, is_lenient)


def test_objects():
    told = AnswerParser(Task(kind="extract", form=Form("json", '{"type": "object"}')))
    assert told.strict('{"a":1}') == told.lenient('```json\n{"a": 1}\n```') == '{"a": 1}'
    assert told.strict('see {"a": 1}') is None is told.lenient("[1]")
    assert told.lenient('{"a": "x", "b": "cut o') == '{"a": "x"}'


def test_labels_without_letters_only_count_as_written():
    signs = Task(kind="classify", labels=("+", "neutral"))
    assert lenient(signs, "+") == "+"
    assert lenient(signs, "...") is None
    assert lenient(signs, "it is neutral") == "neutral"


def test_labels_that_read_the_same_are_not_guessed():
    alike = Task(kind="classify", labels=("top-up", "top up"))
    assert lenient(alike, "top-up") == "top-up"
    assert lenient(alike, "Top Up") is None


@pytest.mark.parametrize(
    ("text", "is_strict", "is_lenient"),
    [
        ("30 days", "30 days", "30 days"),
        (" 30 days \n", "30 days", "30 days"),
        ("\n\n30 days\nand more", None, "30 days"),
        (" \n ", None, None),
    ],
)
def test_free_answers(text, is_strict, is_lenient):
    assert (strict(FREE, text), lenient(FREE, text)) == (is_strict, is_lenient)


def test_one_number_is_written_in_one_way():
    assert {number(text) for text in ("1,250.50", "1250.5", "+1250.500")} == {"1250.5"}
    assert number("-0") == "0"


def test_a_worked_solution_ends_with_its_answer():
    assert split_reasoning("3 and 4 make 7.\n#### 7") == ("3 and 4 make 7.", "7")
    assert split_reasoning("7") == ("", "7")
    assert split_reasoning("#### A heading\nand text") == ("", "#### A heading\nand text")


def test_tasks_of_numbers():
    assert all_numbers(["it is so\n#### 1,000", "$3", "-2.5"])
    assert not all_numbers(["3", "three"])
    assert not all_numbers([])


STEPS = AnswerParser(LABELS, mark="Answer:", steps=True)


def test_labels_after_reasoning(subtests):
    for text, is_strict, is_lenient in [
        ("It was stolen.\nAnswer: card lost", "card lost", "card lost"),
        ("Answer: card\nno, it is gone.\nAnswer: card lost", "card lost", "card lost"),
        ("It was stolen. **Answer:** Card Lost.", None, "card lost"),
        ("gone.\nanswer:\n\ncard lost", None, "card lost"),
        ("It may be card. So the answer is refund_status.", None, "refund_status"),
        ("card is not it\nso refund status", None, "refund_status"),  # the last line says most
        ("It may be card or refund_status", None, None),
        ("Answer: none of them", None, None),
        ("", None, None),
    ]:
        with subtests.test(repr((text, is_strict, is_lenient))):
            assert (STEPS.strict(text), STEPS.lenient(text)) == (is_strict, is_lenient)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 + 4 = 7\nAnswer: 7", "7"),
        ("3 + 4 = 7\n#### 7", "7"),
        ("Answer: $7.00 in all", "7"),
        ("She has 3 and gets 4, so 7 in all.", "7"),
        ("I do not know", None),
    ],
)
def test_numbers_after_reasoning(text, expected):
    assert AnswerParser(FREE, mark="Answer:", steps=True, numeric=True).lenient(text) == expected


def test_free_answers_after_reasoning_need_their_mark():
    steps = AnswerParser(FREE, mark="Answer:", steps=True)
    assert steps.lenient("The Seine runs there.\nAnswer: Paris") == "Paris"
    assert steps.lenient("So the answer is Paris.") == "Paris"
    assert steps.lenient("The Seine runs through Paris.") is None


def test_words_are_read_back_as_labels():
    reading = AnswerParser(
        LABELS, words={"card": "plastic", "card lost": "plastic lost"}, mark="Label:"
    )
    assert [
        reading.lenient(text)
        for text in ("plastic", "Label: Plastic lost.", "refund_status", "card")
    ] == [
        "card",
        "card lost",
        "refund_status",
        "card",
    ]
