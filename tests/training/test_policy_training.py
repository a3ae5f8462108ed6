"""How beta is steered; what runs is in
tests/strategies/training/test_policy_optimisation.py."""

from dataclasses import replace

import pytest

from assay.training.objectives.policy_gradient import PolicyLoss
from assay.training.policy_training import Advantages, PolicyTraining
from assay.training.settings import NetworkChange
from assay.training.written_answers import Round, place_of


def training(tmp_path, **advantages):
    change = NetworkChange({}, lambda folder: None, lambda folder: None)
    return PolicyTraining(
        network=None,
        change=change,
        settings=None,
        loss=PolicyLoss("grpo", beta=0.1),
        advantages=Advantages(**advantages),
        rounds=4,
        questions=1,
        seed=0,
        pad=0,
        write=None,
        watch=None,
        metric="exact_match",
        workdir=tmp_path,
        tell=lambda event: None,
    )


def test_beta_goes_up_where_the_model_is_too_far_and_down_where_it_is_near(tmp_path):
    # Ziegler et al. (2019): by a tenth at most, where the distance is off by a fifth or more.
    own = training(tmp_path, target_kl=1.0)
    before = Round([0], [[1]], [[[2]]], [[0.0]], beta=0.1)
    # exp(x) - x - 1 of one token: 2.39 at x = 1.5, 0.005 at x = 0.1
    for apart, wanted in ((1.5, 0.11), (0.1, 0.09)):
        replace(before, old=[[-2.0]], start=[[-2.0 + apart]]).write(place_of(tmp_path, 0))
        assert own._beta(1) == pytest.approx(wanted)
    assert own._beta(0) == 0.1
    assert training(tmp_path)._beta(1) == 0.1
