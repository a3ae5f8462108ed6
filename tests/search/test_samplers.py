"""What draws a trial is the same for the same seed and number."""

import optuna
import pytest

from assay.search.samplers import make_sampler

DISTRIBUTION = {"x": optuna.distributions.FloatDistribution(0, 1)}


def draw(name, seed, number):
    study = optuna.create_study(sampler=make_sampler(name, seed, number))
    return study.ask(DISTRIBUTION).params["x"]


@pytest.mark.parametrize("name", ["tpe", "random", "evolutionary", "grid"])
def test_seed_and_number_decide_the_draw(name):
    assert draw(name, 1, 4) == draw(name, 1, 4)
    assert len({draw(name, seed, number) for seed in (1, 2) for number in (0, 1, 2)}) == 6
