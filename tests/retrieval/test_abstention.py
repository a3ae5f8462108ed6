"""The certainty from which a question is asked is the one with the most right answers on val."""

from assay.core.types import Answer, Example, Message
from assay.retrieval.abstention import below
from assay.retrieval.retriever import Hits

UNKNOWN = "not there"


class Says:
    """Answers every question with the same text."""

    def __init__(self, text):
        self.text = text

    def answer_with(self, questions, hits, tell):
        return [Answer(self.text) for _ in questions]


def least(*rows):
    """`rows`: (certainty of what was found, target, other accepted answers)."""
    val = [
        Example(f"r{i}", (Message("user", f"q{i}"),), target, also=tuple(also))
        for i, (_, target, *also) in enumerate(rows)
    ]
    hits = [Hits(certainty=certainty) for certainty, *_ in rows]
    return below(Says("red"), val, hits, UNKNOWN, None)


def test_it_stands_between_what_is_better_left_unasked_and_what_is_not():
    # Asked from 0.5 on, all four are right; from any other step, three at most.
    assert least((0.2, UNKNOWN), (0.4, "Not there."), (0.6, "red"), (0.8, "Red!")) == 0.5


def test_of_equals_the_lowest_so_that_a_question_is_asked():
    assert least((0.2, "red"), (0.8, "red")) == 0
    assert least((0.2, "blue"), (0.8, "green")) == 0  # neither is right, asked or not
    # 0 and 0.5 leave one right each
    assert least((0.4, UNKNOWN), (0.4, "red"), (0.6, "green")) == 0


def test_another_accepted_answer_is_right_too():
    # Without the second wording, silence below 0.3 would be right once, and asking never.
    assert least((0.2, UNKNOWN), (0.2, "crimson", "red"), (0.4, "crimson", "red")) == 0
