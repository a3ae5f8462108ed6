"""Trials: the same after any kill, ended early where others did better, never more than there are
combinations."""

import math

import pytest

from assay.core.errors import Pruned
from assay.search.search_space import Dimension
from assay.search.settings import SearchSettings
from assay.search.study import Study, TrialResult, trial_count

SPACE = (
    Dimension(place="rate", low=1e-5, high=1e-2, log=True),
    Dimension(place="rank", options=(4, 8, 16)),
    Dimension(place="n", low=1, high=9),
)
FIRST = {"rate": 1e-3, "rank": 16, "n": 4}


def worth(values):
    """Best at rate 10^-3.5, rank 8, n 3."""
    away = (math.log10(values["rate"]) + 3.5) ** 2
    return -away - abs(values["rank"] - 8) / 8 - 0.1 * abs(values["n"] - 3)


def go(file, settings, stop=None, inside=False):
    """Run the study; after `stop` trials leave it, `inside` of a trial or between two."""
    study = Study(file, SPACE, settings, 3, FIRST)
    begun = 0
    while (trial := study.next()) is not None:
        begun += 1
        if begun == stop and not inside:
            return study
        try:
            for percent in (25, 50, 75):
                study.report(trial, percent, worth(trial.values) - (100 - percent) / 100)
                if begun == stop and percent == 50:
                    return study
        except Pruned:
            study.prune(trial)
        else:
            study.complete(trial, worth(trial.values))
    return study


def told(study):
    return [(one.values, one.state, one.score, one.curve) for one in study.results()]


@pytest.mark.slow  # optuna's journal
@pytest.mark.parametrize("pruner", ["median", "asha", "hyperband", "none"])
@pytest.mark.parametrize("sampler", ["tpe", "random", "grid", "evolutionary"])
def test_a_study_that_was_killed_has_the_same_trials(tmp_path, sampler, pruner):
    settings = SearchSettings(sampler=sampler, pruner=pruner, trials=14)
    whole = told(go(tmp_path / "whole", settings))
    for stop, inside in ((4, True), (1, False), (3, True), (5, False)):
        go(tmp_path / "parts", settings, stop, inside)
    assert told(go(tmp_path / "parts", settings)) == whole
    assert len(whole) == 14


@pytest.mark.slow  # of a Gaussian process
def test_a_gaussian_process_comes_close_and_goes_on(tmp_path):
    settings = SearchSettings(sampler="gp", pruner="none", trials=14)
    whole = go(tmp_path / "whole", settings)
    go(tmp_path / "parts", settings, 9)
    assert told(go(tmp_path / "parts", settings)) == told(whole)
    settings = SearchSettings(sampler="random", pruner="none", trials=14)
    assert whole.best().score > go(tmp_path / "random", settings).best().score


def test_the_first_trial_has_the_values_that_it_is_given(tmp_path):
    study = go(tmp_path / "log", SearchSettings(trials=3))
    assert study.results()[0].values == FIRST


def test_a_trial_is_ended_where_others_did_better(tmp_path):
    settings = SearchSettings(sampler="random", trials=14)
    results = go(tmp_path / "log", settings).results()
    ended = [one for one in results if one.state == "pruned"]
    whole = [one for one in results if one.state == "complete"]
    assert ended and len(whole) >= 4  # the first are never ended
    assert max(worth(one.values) for one in ended) <= max(worth(one.values) for one in whole)
    assert all(one.curve[-1][0] < 100 and one.score == one.curve[-1][1] for one in ended)


def ended(file, looks, loss=True):
    """The states of trials that are looked at once: (score, loss) of each; the study."""
    study = Study(file, SPACE, SearchSettings(sampler="random", trials=len(looks)), 0, FIRST)
    for score, lost in looks[len(study.results()) :]:
        trial = study.next()
        try:
            study.report(trial, 50, score, lost if loss else None)
            study.complete(trial, score)
        except Pruned:
            study.prune(trial)
    return [one.state for one in study.results()], study


# Scores of a few rows are all alike at half of a training, and losses are not.
LOOKS = [(0.2, 3.0), (0.1, 2.0), (0.2, 4.0), (0.1, 1.0), (0.2, 5.0), (0.1, math.nan)]


@pytest.mark.slow
def test_by_losses_where_there_are_some_and_the_curve_has_scores(tmp_path):
    states, study = ended(tmp_path / "loss", LOOKS)
    assert states == ["complete"] * 4 + ["pruned"] * 2
    assert [one.curve for one in study.results()] == [((50, score),) for score, _ in LOOKS]
    assert study.results()[4].score == 0.2
    assert ended(tmp_path / "loss", LOOKS)[1].results() == study.results()
    states, _ = ended(tmp_path / "score", LOOKS, loss=False)
    assert states == ["complete"] * 3 + ["pruned", "complete", "pruned"]


@pytest.mark.slow
def test_a_study_that_began_by_scores_goes_on_by_scores(tmp_path):
    ended(tmp_path / "log", LOOKS[:3], loss=False)
    assert ended(tmp_path / "log", LOOKS[:5])[0] == ["complete"] * 3 + ["pruned", "complete"]


def test_what_failed_is_kept_with_its_reason_and_never_the_best(tmp_path):
    study = Study(tmp_path / "log", SPACE, SearchSettings(trials=3), 0)
    study.fail(study.next(), "diverged")
    study.complete(study.next(), -5.0)
    study.fail(study.next(), "diverged again")
    assert study.next() is None
    assert [one.state for one in study.results()] == ["failed", "complete", "failed"]
    assert study.best().number == 1 and study.results()[2].text == "diverged again"
    assert [TrialResult.from_json(one.to_json()) for one in study.results()] == study.results()


def test_minutes_end_it_between_two_trials_and_count_what_was_spent_before(tmp_path):
    settings = SearchSettings(trials=9, minutes=1)
    for _ in range(2):  # of two processes
        study = Study(tmp_path / "log", SPACE, settings, 0)
        trial = study.next()
        study.spend(trial, 35)
        study.complete(trial, 0.0)
    assert Study(tmp_path / "log", SPACE, settings, 0).next() is None


@pytest.mark.parametrize(
    "settings, count",
    [
        ({}, 18),
        ({"trials": 5}, 5),
        ({"trials": 5, "sampler": "grid"}, 5),
        ({"sampler": "grid", "points": 2}, 2 * 3 * 2),
    ],
)
def test_how_many_trials(settings, count):
    assert trial_count(SPACE, SearchSettings(**settings)) == count


def test_there_are_never_more_trials_than_combinations():
    assert trial_count(SPACE[1:2], SearchSettings(trials=50)) == 3
    assert trial_count(SPACE[1:], SearchSettings(trials=50)) == 27
