"""Arm and export are asked in one way: greedily, and read as the arm reads."""

import pytest

from assay.config import make_strategy
from assay.core.errors import ModelError
from assay.core.types import Decoding, Generated, Message
from assay.deployment.export.formats.greedy_answers import Writes, decoding, drop_weights
from assay.strategies.baselines.majority import MajorityAnswers
from helpers.problems import problem


class Echo:
    """An exported model that says the last turn, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def generate(self, prompts, *, max_tokens, how, tell=None):
        self.asked.append((prompts, max_tokens, how))
        return [
            Generated(prompt[-1].content, 1, 1, truncated=False, logprob=-1.0) for prompt in prompts
        ]


def test_whatever_is_asked_for_the_export_writes_greedily_to_the_stop_texts():
    echo = Echo()
    how = Decoding(stop=("END",), temperature=1.0, top_p=0.5, seed=7)
    (found,) = Writes("it", echo).generate([(Message("user", " why?\n"),)], max_tokens=3, how=how)
    ((prompts, room, sent),) = echo.asked
    assert sent == Decoding(stop=("END",)) and room == 3
    assert prompts == [(Message("user", "why?"),)] and found.text == "why?"
    assert found.logprob is None


def test_an_export_that_makes_the_prompt_gets_the_questions_alone(lesson):
    given, echo = lesson("answer"), Echo()
    arm = make_strategy({"kind": "shots", "k": 1}, {}).fit(given)
    questions = [row.question for row in given.val[:2]]
    answers = decoding(arm, echo, questions).answer(questions)
    assert echo.asked[0][0] == [question.messages for question in questions]
    assert [one.raw for one in answers] == [question.text for question in questions]
    with pytest.raises(ValueError, match="2 questions have 1 prompts"):
        decoding(arm, echo, questions).answer(questions[:1])


def test_an_arm_that_scores_labels_is_made_to_write_them(lesson):
    given, echo = lesson("classify"), Echo()
    arm = make_strategy({"kind": "shots", "k": 0}, {}).fit(given)
    question = given.val[0].question.with_text("card lost")
    (answer,) = decoding(arm, echo, [question]).answer([question])
    assert answer.text == "card lost" and not answer.scores


def test_without_its_weights_an_arm_makes_the_same_prompts(lesson):
    given = lesson("classify")
    arm = make_strategy({"kind": "shots", "k": 2}, {}).fit(given)
    questions = [row.question for row in given.val[:3]]
    before, after = Echo(), Echo()
    decoding(arm, before).answer(questions)
    drop_weights(arm)
    assert not sum(weight.numel() for weight in arm.model.network.parameters())
    decoding(arm, after).answer(questions)
    assert before.asked == after.asked


def test_an_arm_that_asks_no_model_has_nothing_to_compare():
    with problem(ModelError, "M100"):
        decoding(MajorityAnswers("a"))
