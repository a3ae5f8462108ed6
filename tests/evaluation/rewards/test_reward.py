"""Rewards are added up by weight, each with a name of its own, and what is no number is refused."""

import numpy as np
import pytest

from assay.core.errors import TrainError
from assay.core.types import Answer, Example, Message
from assay.evaluation.rewards.against_target import ExactReward
from assay.evaluation.rewards.of_text import LengthReward
from assay.evaluation.rewards.reward import RewardSum, checked, names_of, reward_settings
from helpers.problems import problem

ROWS = tuple(
    Example(f"r{n}", (Message("user", f"question {n}"),), target, source=f"t.csv:{n}")
    for n, target in enumerate(("red", "blue"))
)


def test_weights_add_up_and_each_part_is_told(lesson):
    settings = (ExactReward(), LengthReward(prefer="shorter", weight=0.5), LengthReward(words=2))
    rewards = RewardSum.fit(settings, lesson("answer"))
    found = rewards.of(ROWS, [Answer("red", raw="red"), Answer("green", raw="it is green")])
    assert list(found.parts) == ["exact", "length", "length-2"]
    assert found.parts["exact"].tolist() == [1.0, 0.0]
    assert found.parts["length"].tolist() == [-0.01, -0.03]
    assert found.parts["length-2"].tolist() == [0.5, 0.5]  # one word off of two, either way
    assert found.total.tolist() == pytest.approx([1 - 0.005 + 0.5, 0 - 0.015 + 0.5])


def test_what_is_no_number_of_an_answer_is_refused():
    assert checked("own", [1, 2.5], ROWS).tolist() == [1.0, 2.5]
    with problem(TrainError, "T111", None, "own", "1", "2"):
        checked("own", [1.0], ROWS)
    assert checked("own", [-1e9, 1e9], ROWS).tolist() == [-1e9, 1e9]
    for value in (float("nan"), float("inf"), 1e308, -1e308, 1.1e9):
        with problem(TrainError, "T111", None, "r1", f"{value:g}"):
            checked("own", [0.0, value], ROWS)
    assert checked("own", np.array([0.0, 1.0]), ROWS).dtype == np.float64


def test_names_are_unique():
    assert names_of([ExactReward(), ExactReward(), LengthReward(words=3)]) == [
        "exact",
        "exact-2",
        "length",
    ]


def test_what_can_be_a_reward():
    assert len(reward_settings([LengthReward(words=3)], targets=False)) == 1
    with pytest.raises(ValueError, match="target"):
        reward_settings([ExactReward()], targets=False)
    with pytest.raises(ValueError, match="weights are 0"):
        reward_settings([ExactReward(weight=0)], targets=True)
