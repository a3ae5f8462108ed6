import pytest

from assay.core.types import Example, Means, Message
from assay.data.augment.adversarial import DISTRACTORS, NEGATIONS, TRICKS, Adversarial, end_sentence

LABELLED = [
    Example(str(i), (Message("user", f"Where is parcel number {i}"),), "ab"[i % 2])
    for i in range(40)
]
FREE = [
    Example(str(i), (Message("user", f"Where is parcel number {i}"),), f"in hall {i}")
    for i in range(40)
]


@pytest.mark.parametrize("rows", [LABELLED, FREE], ids=["labels", "free"])
def test_the_question_stays_whole_and_the_target_with_it(rows):
    made = list(Adversarial(share=1, copies=4).make(rows, Means()))
    assert {one.reason for one in made} == set(TRICKS) - ({"repeat"} if rows is FREE else set())
    targets = {row.id: (row.text, row.target) for row in rows}
    for one in made:
        text, target = targets[one.parents[0]]
        assert text in one.example.text and one.example.target == target


def test_an_injection_names_another_label_than_the_right_one():
    for one in Adversarial(share=1, tricks=("injection",)).make(LABELLED, Means()):
        other = "b" if one.example.target == "a" else "a"
        tail = one.example.text.partition(f"number {one.parents[0]}")[2]
        assert other in tail.replace(".", " ").split()


def test_nothing_that_is_added_is_a_name_a_number_or_a_date():
    # Capital letters stand at the beginning of sentences and in I only, so that no named piece is
    # added.
    for sentence in (*DISTRACTORS, *NEGATIONS):
        words = sentence.split()
        assert not any(word[0].isupper() and word != "I" for word in words[1:]), sentence
        assert not any(character.isdigit() for character in sentence)


def test_a_text_ends_before_another_begins():
    assert (end_sentence("Where"), end_sentence("Where?"), end_sentence("(Where)")) == (
        "Where.",
        "Where?",
        "(Where)",
    )
