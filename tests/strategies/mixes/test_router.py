"""A cascade by confidence: what stays, what is handed on, and how the threshold is chosen on
val."""

import pytest

from assay.core.errors import TrainError
from assay.core.types import Adapted, Answer
from assay.strategies.baselines.majority import Majority
from assay.strategies.baselines.neighbours import Neighbours
from assay.strategies.baselines.tfidf import Tfidf
from assay.strategies.mixes.router import Router, select_threshold, sure, thresholds


class Told(Adapted):
    """Answers that are known already."""

    def __init__(self, answers):
        self.answers = answers

    def answer(self, questions, tell=None):
        return self.answers

    def save(self, folder):
        """There is nothing to keep."""


@pytest.mark.slow
def test_a_threshold_of_0_asks_the_cheap_arm_alone_and_one_of_1_the_strong_one(lesson):
    given = lesson("classify")
    questions = [row.question for row in given.val]
    cheap, strong = Majority().fit(given).answer(questions), Tfidf().fit(given).answer(questions)
    all_cheap = Router(cheap=Tfidf(), strong=Majority(), threshold=0).fit(given).answer(questions)
    assert [a.text for a in all_cheap] == [a.text for a in strong]
    assert {a.by for a in all_cheap} == {"cheap"}
    all_strong = Router(cheap=Tfidf(), strong=Majority(), threshold=1).fit(given).answer(questions)
    assert [a.text for a in all_strong] == [a.text for a in cheap]
    assert {a.by for a in all_strong} == {"strong"}


def test_tokens_of_both_are_counted_where_both_were_asked(lesson):
    first, second = (
        Told([Answer("a", confidence=0.2, tokens=3, prompt_tokens=10)]),
        Told([Answer("b", tokens=4)]),
    )
    from assay.strategies.mixes.router import RouterAnswers

    (answer,) = RouterAnswers(first, second, 0.5, {}).answer(["?"])
    assert (answer.text, answer.by, answer.tokens, answer.prompt_tokens) == ("b", "strong", 7, 10)


def test_the_threshold_with_most_cheap_answers_at_the_best_score_is_taken(lesson):
    """Six val rows: the cheap arm is right where its confidence is .6 or more, the strong one
    everywhere. So the four surest stay, and no score is lost."""
    given = lesson("answer")
    rows = given.val[:6]
    right = [row.target for row in rows]
    cheap = Told(
        [Answer(t if i >= 2 else "wrong", confidence=0.4 + i / 10) for i, t in enumerate(right)]
    )
    strong = Told([Answer(text) for text in right])
    from dataclasses import replace

    threshold, note = select_threshold(cheap, strong, replace(given, val=rows), give_up=0)
    assert 0.5 < threshold <= 0.6
    assert note == {
        "rows": 6,
        "share": pytest.approx(4 / 6),
        "score": 1.0,
        "cheap": pytest.approx(4 / 6),
        "strong": 1.0,
    }
    # Giving up two rows in six keeps everything with the cheap arm.
    threshold, note = select_threshold(cheap, strong, replace(given, val=rows), give_up=0.34)
    assert (threshold, note["share"]) == (0.0, 1.0)


def test_what_is_no_answer_is_always_handed_on():
    for answer in (Answer(None), Answer("x", refused=True), Answer("x", abstained=True)):
        assert sure(answer) < 0
    with pytest.raises(TrainError, match="confidence"):
        sure(Answer("x"))


def test_thresholds_lie_between_the_confidences():
    assert thresholds([0.2, 0.4, -1.0, 0.4]) == pytest.approx([0.0, 0.3, 1.01])
    assert len(thresholds([i / 1000 for i in range(1000)])) <= 102


def test_without_val_rows_there_is_nothing_to_choose_by(lesson):
    from dataclasses import replace

    given = replace(lesson("classify"), val=())
    with pytest.raises(TrainError, match="T054"):
        Router(cheap=Neighbours(), strong=Majority()).fit(given)
