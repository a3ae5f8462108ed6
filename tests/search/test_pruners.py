"""What ends a trial early: the median rule, halving, nothing."""

import optuna
import pytest

from assay.search.pruners import make_pruner


def ended_at(name, scores, others):
    """The percent at which a trial with `scores` is ended, after trials with `others`."""
    study = optuna.create_study(direction="maximize", pruner=make_pruner(name))
    for curve in others:
        trial = study.ask()
        for percent, score in curve:
            trial.report(score, percent)
            trial.should_prune()  # halving notes here how far it has come
        study.tell(trial, curve[-1][1])
    trial = study.ask()
    for percent, score in scores:
        trial.report(score, percent)
        if trial.should_prune():
            return percent
    return None


def curve(*scores):
    return list(zip((12, 25, 50, 75), scores, strict=True))


OTHERS = [curve(0.1 * n, 0.2 * n, 0.2 * n, 0.2 * n) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "name, poor, good",
    [("median", 12, None), ("asha", 12, None), ("none", None, None)],
)
def test_a_poor_trial_is_ended_and_the_best_goes_on(name, poor, good):
    assert ended_at(name, curve(0.01, 0.01, 0.01, 0.01), OTHERS) == poor
    assert ended_at(name, curve(0.9, 0.9, 0.9, 0.9), OTHERS) == good


def test_the_first_trials_have_no_median_to_be_below():
    assert ended_at("median", curve(0.0, 0.0, 0.0, 0.0), OTHERS[:2]) is None


def test_a_trial_that_falls_behind_later_is_ended_there():
    assert ended_at("median", curve(0.9, 0.01, 0.01, 0.01), OTHERS) is None  # by its best so far


def test_hyperband_is_halving_with_several_starts():
    assert isinstance(make_pruner("hyperband"), optuna.pruners.HyperbandPruner)
