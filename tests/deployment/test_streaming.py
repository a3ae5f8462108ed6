"""The pieces of an answer are the answer."""

import pytest

from assay.config import make_strategy
from assay.core.types import Answer
from assay.deployment.streaming import display_text, stream


def drain(pieces):
    """All pieces of a generator, and its value."""
    said = []
    while True:
        try:
            said.append(next(pieces))
        except StopIteration as end:
            return said, end.value


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("answer", {"kind": "shots", "k": 2}),
        ("answer", {"kind": "rag", "top": 2, "inner": {"kind": "shots", "k": 0}}),
        ("classify", {"kind": "tfidf"}),
        ("classify", {"kind": "shots", "k": 0}),
    ],
    ids=["written", "with documents", "floor", "chosen"],
)
def test_the_pieces_are_the_answer_and_its_value_is_that_of_a_call(lesson, kind, settings):
    given = lesson(kind)
    arm = make_strategy(settings, {}).fit(given)
    question = given.val[0].question
    said, value = drain(stream(arm, question))
    (whole,) = arm.answer([question])
    assert value.text == whole.text and value.passages == whole.passages
    if kind == "classify":  # chosen among labels: known all at once
        assert said == [whole.text]
    else:
        assert len(said) > 1 and "".join(said).strip() == whole.raw


def test_what_could_not_be_read_is_shown_as_it_was_written():
    assert display_text(Answer("pay", raw="I say: pay")) == "pay"
    assert display_text(Answer("", raw="...")) == ""
    assert "I cannot" in display_text(Answer(None, raw="I cannot"))
    assert display_text(Answer(None)) == "no answer"
