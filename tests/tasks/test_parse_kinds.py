"""Reading of answers that are sets of labels, letters of options, numbers, or texts of several
lines."""

import pytest

from assay.core.types import Task
from assay.tasks.parsing import AnswerParser

SETS = AnswerParser(Task(kind="multilabel", labels=("card", "card lost", "refund")))
LETTERS = AnswerParser(
    Task(kind="choose", labels=("A", "B", "C", "D")), options=("red apple", "apple", "sky", "sea")
)
NUMBERS = AnswerParser(Task(kind="number"))


def test_sets(subtests):
    for text, strict, lenient in [
        ("refund | card", "card | refund", "card | refund"),
        ("card", "card", "card"),
        ("none", "none", "none"),
        ("refund, card lost", None, "card lost | refund"),
        ("It is about a refund.", None, "refund"),
        ("None of these.", None, "none"),
        ("card | weather", None, "card"),
        ("weather", None, None),
        ("", None, None),
    ]:
        with subtests.test(repr((text, strict, lenient))):
            assert (SETS.strict(text), SETS.lenient(text)) == (strict, lenient)


def test_letters(subtests):
    for text, strict, lenient in [
        ("B", "B", "B"),
        ("b", None, "B"),
        ("(C)", None, "C"),
        ("B. apple", None, "B"),
        ("**D**", None, "D"),
        ("The answer is C.", None, "C"),
        ("the sky", None, "C"),
        ("a red apple", None, "A"),  # the longer option that holds the other one
        ("sky or sea", None, None),
        ("E", None, None),
        ("A bird came", None, None),
    ]:
        with subtests.test(repr((text, strict, lenient))):
            assert (LETTERS.strict(text), LETTERS.lenient(text)) == (strict, lenient)


def test_a_letter_that_the_question_has_not():
    two = AnswerParser(LETTERS.task, options=("red", "blue"))
    assert two.strict("C") is None
    assert two.lenient("C") is None


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("1,250.50", "1250.5", "1250.5"),
        ("It costs $18.00 for 2", None, "2"),
        ("2 + 3 = 5\n#### 5", None, "5"),
        ("none", None, None),
    ],
)
def test_numbers(text, strict, lenient):
    assert (NUMBERS.strict(text), NUMBERS.lenient(text)) == (strict, lenient)


@pytest.mark.parametrize("kind", ["summarise", "rewrite", "chat"])
def test_texts_of_several_lines_are_read_whole(kind):
    reading = AnswerParser(Task(kind=kind))
    assert reading.strict(" one\n\ntwo ") == reading.lenient(" one\n\ntwo ") == "one\n\ntwo"
    assert reading.lenient(" \n") is None
