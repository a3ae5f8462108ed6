"""The pieces of an answer are the answer."""

import pytest

from assay.config import make_strategy
from assay.core.errors import UsageError
from assay.core.types import Answer
from assay.deployment.streaming import Sampling, display_text, stream
from helpers.problems import problem


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


def test_answers_are_drawn_and_cut_short_where_that_is_asked(lesson):
    given = lesson("answer")
    arm = make_strategy({"kind": "shots", "k": 0}, {}).fit(given)
    question = given.val[0].question
    drawn = {drain(stream(arm, question, Sampling(temperature=2.0)))[1].raw for _ in range(4)}
    assert len(drawn) > 1
    (whole,) = arm.answer([question])
    short = drain(stream(arm, question, Sampling(max_tokens=2)))[1]
    assert short.tokens == 2 and short.truncated and whole.raw.startswith(short.raw)
    chosen = make_strategy({"kind": "tfidf"}, {}).fit(lesson("classify"))
    one = lesson("classify").val[0].question
    same = {drain(stream(chosen, one, Sampling(temperature=2.0)))[1].text for _ in range(3)}
    assert same == {chosen.answer([one])[0].text}


@pytest.mark.parametrize("wrong", [{"temperature": -0.1}, {"temperature": 2.1}, {"max_tokens": 0}])
def test_what_cannot_be_is_said(wrong):
    (name,) = wrong
    with problem(UsageError, "C060", name):
        Sampling(**wrong)
