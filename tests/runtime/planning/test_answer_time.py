"""From some questions to all: the arithmetic by hand, and the arms that it is made for."""

import numpy as np
import pytest

from assay.core.types import Answer, Example, Message
from assay.runtime.planning.answer_time import (
    Learnt,
    affordable,
    answering,
    of_all,
    once_more,
    sample,
    steps,
    target_lengths,
)
from assay.strategies.training.lora import Lora
from assay.training.estimate.protocol import ask


def question(n):
    return Example(f"q{n}", (Message("user", "x" * n),))


def test_a_sample_is_evenly_spaced_by_length():
    rows = [question(n) for n in range(100, 0, -1)]
    assert [len(row.text) for row in sample(rows, 4)] == [13, 38, 63, 88]
    assert len(sample(rows[:3], 8)) == 3


def test_what_all_prompts_share_counts_once_a_call():
    # A call takes 2 s and a question 0.5 s more: 600 questions go in 3 calls.
    one, many = np.array([2.5, 2.5]), np.array([2 + 0.5 * 32] * 2)
    assert of_all(one, many, 32, 600, written=False)[0] == pytest.approx(3 * 2 + 0.5 * 600)


def test_written_answers_count_by_their_share_of_a_batch():
    assert of_all(np.array([5.0, 5.0]), np.array([8.0, 8.0]), 32, 64, written=True)[0] == 16


def test_no_more_is_asked_than_the_seconds_allow():
    assert affordable(np.array([2.0, 1.0]), 8, 3.0, 1000) == 12
    assert affordable(np.array([0.0, 0.0]), 8, 3.0, 1000) == 256
    assert affordable(np.array([2.0, 1.0]), 8, 3.0, 10) == 10


def test_a_batch_goes_on_until_its_longest_answer_has_ended():
    # All answers have 5 tokens: 4 steps of the whole batch after the first. One of 10 tokens among
    # many short ones: the fixed half of its 9 steps, and for the rest the mean.
    assert steps([5] * 8, 8) == 4
    assert steps([1] * 9 + [10], 20) == pytest.approx((9 + 0.9) / 2)


class Counting:
    """An arm that counts what it is asked."""

    model = None

    def __init__(self):
        self.calls = []

    def answer(self, questions, tell=None):
        self.calls.append(len(questions))
        return [Answer("a") for _ in questions]


def test_one_then_eight_then_many_and_no_target_is_shown():
    arm = Counting()
    found = answering(arm, [question(n) for n in range(1, 400)], enough=1.0)
    assert arm.calls == [1, 1, 8, 256] and len(found.asked) == len(found.answers) == 256
    once_more(arm, found)
    assert arm.calls[-1] == 1
    assert found.seconds(0).tolist() == [0, 0]


@pytest.mark.slow
def test_answers_of_an_arm_in_training_are_as_long_as_its_targets(lesson, tmp_path):
    given = lesson("answer")
    ask(given.workdir)
    arm = Lora(rank=4, epochs=1).fit(given)
    targets = [row.target for row in given.train]
    lengths = target_lengths(arm.model, targets)
    # `colour` words are one to a few tokens, and one ends the turn.
    assert lengths == sorted(lengths) and lengths[0] >= 2
    found = answering(arm, [row.question for row in given.val], Learnt(targets, ()), enough=0.2)
    assert found.seconds(6)[0] > 0 and found.written and once_more(arm, found) == 1
