"""A judge's number is the share of yes; a reward model is learnt from the rows' own pairs."""

import math
from dataclasses import replace

import pytest

from assay.core.errors import TrainError
from assay.core.types import Answer, Message
from assay.evaluation.rewards.judged import JudgeReward, ModelReward, choices
from assay.evaluation.rewards.reward import RewardSum
from assay.strategies.prompting.few_shot import Shots
from assay.strategies.training.reward import Reward
from helpers.problems import problem

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_judge_gives_the_share_of_yes(lesson, open_tiny):
    given = lesson("answer")
    rows, said = given.val[:2], [Answer("red", raw="red"), Answer("blue", raw="blue")]
    found = JudgeReward(criteria="It names a colour.").fit(given).score(rows, said)
    asked = (
        Message("system", "You judge answers. It names a colour. Say yes or no."),
        Message(
            "user",
            f"Question:\n{rows[0].text}\n\nAnswer:\nred\n\nIs this a good answer?",
        ),
    )
    yes, no = map(math.exp, open_tiny().score([asked], ["yes", "no"], left=0.0)[0])
    assert found[0] == pytest.approx(yes / (yes + no), rel=1e-5)
    assert all(0 < one < 1 for one in found)


def test_pairs_are_choices_between_two(lesson):
    given = lesson("answer")
    own = choices(given)
    assert len(own.train) == len(given.train) and own.task.kind == "choose"
    for before, after in zip(given.train, own.train, strict=True):
        right = after.options["AB".index(after.target)]
        assert right == before.target and set(after.options) == {before.target, before.rejected}
    assert {row.target for row in own.train} == {"A", "B"}  # the better one stands in either place


@pytest.mark.slow
def test_a_reward_model_prefers_what_pairs_preferred(lesson, tmp_path):
    # A model that was taught what is preferred gives the chosen answers more, on its own rows.
    given = lesson("answer")
    rows = tuple(replace(row, rejected="help with my matter") for row in given.train)
    given = replace(given, train=rows, val=rows[:6])
    settings = ModelReward(inner=Reward(epochs=20, learning_rate=3e-2, batch_size=6, val_rows=4))
    rewards = RewardSum.fit([settings], given)
    chosen = rewards.of(rows, [Answer(row.target, raw=row.target) for row in rows])
    rejected = rewards.of(rows, [Answer(row.rejected, raw=row.rejected) for row in rows])
    assert (chosen.total > rejected.total).mean() > 0.9
    rewards.save(tmp_path)
    again = RewardSum.restore([settings], tmp_path, replace(given, train=(), val=()))
    few = rows[:3]
    said = [Answer(row.target, raw=row.target) for row in few]
    assert again.of(few, said).total.tolist() == pytest.approx(chosen.total[:3].tolist(), abs=1e-4)


def test_a_reward_model_needs_pairs_and_a_strategy_that_gives_numbers(lesson):
    given = lesson("answer")
    bare = replace(given, train=tuple(replace(row, rejected=None) for row in given.train))
    with problem(TrainError, "T107"):
        ModelReward(inner=Reward()).fit(bare)
    with problem(TrainError, "T112", None, "shots"):
        ModelReward(inner=Shots(k=0)).fit(given)
