"""The answer with the highest reward of n is given, with what all n took; what else is asked in the
same call changes nothing."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.config.names import arm_name
from assay.core.errors import TrainError
from assay.core.types import Decoding, Task
from assay.strategies.baselines.copy import Copy
from assay.strategies.mixes.best_of_n import BestOfN
from assay.strategies.prompting.few_shot import Shots
from helpers.problems import problem

SHORT = {"kind": "length", "prefer": "shorter"}


def strategy(**settings):
    own = {"inner": {"kind": "shots", "k": 0}, "reward": SHORT, "n": 6, **settings}
    return make_strategy({"kind": "best_of_n", **own}, {})


@pytest.fixture
def given(lesson, one_thread):
    return lesson("answer")


def test_it_gives_the_one_with_the_highest_reward(given):
    arm = strategy(reward={"kind": "length", "prefer": "longer"}, n=12).fit(given)
    questions = [row.question for row in given.val[:2]]
    answers = arm.answer(questions)
    inner = Shots(k=0).fit(given)
    for question, answer in zip(questions, answers, strict=True):
        how = Decoding(temperature=1.0, seed=given.seed, stop=inner.how.stop)
        drawn = inner.model.generate([inner.prompt(question)] * 12, max_tokens=inner.room, how=how)
        words = [len(one.text.split()) for one in drawn]
        assert len(answer.raw.split()) >= max(words) - 1  # words are counted a little otherwise
        assert answer.tokens == sum(one.tokens for one in drawn)
        assert answer.prompt_tokens == sum(one.prompt_tokens for one in drawn)


def test_questions_beside_it_change_no_answer(given):
    arm = strategy().fit(given)
    questions = [row.question for row in given.val]
    alone = [arm.answer([question])[0] for question in questions]
    assert arm.answer(questions) == alone
    assert arm.answer([questions[1], questions[0], questions[1]]) == [alone[1], alone[0], alone[1]]


def test_another_seed_draws_other_answers(given):
    questions = [row.question for row in given.val]
    other = replace(given, means=replace(given.means, seed=4))
    raws = [[a.raw for a in strategy().fit(one).answer(questions)] for one in (given, other)]
    assert raws[0] != raws[1]


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"reward": "exact"}, "exact reads the row's target"),
        ({"reward": [SHORT, "metric"]}, "metric reads the row's target"),
        ({"reward": "tests"}, "tests reads the row's target"),
        ({"reward": []}, "must have 1 or more"),
        ({"inner": {"kind": "majority"}}, "majority cannot be asked for several"),
        ({"n": 1}, "2 to 1000"),
    ],
)
def test_settings_that_cannot_be(settings, part):
    with pytest.raises(SettingsError, match=part):
        strategy(**settings)


def test_an_inner_strategy_without_a_model_is_told(given):
    with problem(TrainError, "T113", "inner", "shots", "lora"):
        BestOfN(inner=Shots(k=0), reward=strategy().reward)._writer(Copy().fit(given))


def test_its_name_and_its_models():
    own = strategy(reward=[SHORT, {"kind": "judge", "model": "other"}])
    assert own.needs("base") == ("base", "other")
    assert arm_name(strategy(n=8)) == "best_of_n-length-shorter-zero-shot"
    assert own.belongs_elsewhere(Task(kind="classify"))
