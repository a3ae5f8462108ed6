"""Instructions by rule and by a model: what they tell, and which of them are dropped."""

from assay.core.types import Example, Message
from assay.strategies.prompting.search.proposals import (
    by_rule,
    clean_instruction,
    filter_instructions,
    fold_words,
    marking_words,
)


def test_instructions_by_rule_tell_labels_by_the_words_of_their_rows(lesson):
    given = lesson("classify")
    words = marking_words(given.train)
    assert set(words["refund"]) == {"return", "repaid", "money", "shop"}
    assert any("refund: " in text and "money" in text for text in by_rule(given.task, given.train))
    assert (
        by_rule(given.task, given.train)[0] == "Classify the message. Answer with its label only."
    )
    assert marking_words([]) == {}


def test_no_instruction_holds_a_row_or_stands_there_twice():
    rows = [
        Example("r", (Message("user", "My card, it is GONE!"),), "x"),
        Example("s", (Message("user", "card"),), "y"),
    ]
    told = [
        "Sort what is said.",
        "sort what is said",
        "Sort it",
        "Say x to: my card it is gone.",
        "Tell what the card does.",
    ]
    told.append("I'm sorry, I'm sorry, I'm sorry, I'm sorry.")
    assert filter_instructions(told, rows) == ["Sort what is said.", "Tell what the card does."]
    assert fold_words("A-b,  C") == " a b c "


def test_what_a_model_wrote_is_cleaned():
    assert (
        clean_instruction('Sure! Instruction: "Sort each text by topic."\n\nHere is why.')
        == "Sort each text by topic."
    )
    assert clean_instruction("Here is the instruction:\nName the\ncolour.") == "Name the colour."
    assert (
        clean_instruction("A sentence here. " * 60)
        == ("A sentence here. " * 36)[:-1][:600].rsplit(".", 1)[0] + "."
    )
    assert clean_instruction("x" * 700) == "" == clean_instruction("  ")
