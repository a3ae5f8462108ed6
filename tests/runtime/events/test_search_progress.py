"""How far a search is, and the settings of its trials in few words."""

import pytest

from assay.runtime.events.search_progress import SearchProgress, settings_shown

TRIAL = {"trials": 10, "values": {"rank": 8}, "spent": 0.0, "limit": None}


def search(*seconds: float, **more) -> SearchProgress:
    found = SearchProgress()
    for number, taken in enumerate(seconds):
        found.take({**TRIAL, "trial": number, "state": "complete", "seconds": taken, **more})
    return found


def test_the_time_left_is_that_of_the_trials_that_are_left():
    # 30 % of ten trials are done, so seven are left.
    assert search(10.0, 20.0, 30.0).time_left(0.3) == pytest.approx((70.0, 140.0, 210.0))
    assert SearchProgress(trials=10).time_left(0.0) is None
    assert search(10.0, 10.0).time_left(1.0) == (0.0, 0.0, 0.0)


def test_a_search_with_a_limit_ends_with_the_trial_that_is_at_work_then():
    left = search(10.0, 20.0, 30.0, spent=60.0, limit=90.0).time_left(0.3)
    assert left == pytest.approx((60.0, 60.0, 60.0))  # 30 s, and one more trial of 30 s


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"inner.rank": 16, "inner.learning_rate": 3.2e-4}, ["rank 16", "lr 3.2e-4"]),
        ({"learning_rate": 0.0011, "c": 10.0}, ["lr 0.0011", "c 10"]),
        ({"a.k": 1, "b.k": 2}, ["a.k 1", "b.k 2"]),
        ({"embed": {"kind": "encoder", "layers": 3}}, ["embed encoder"]),
        ({"targets": ["q", "v"], "bias": True}, ["targets q-v", "bias True"]),
        ({"model": "a-very-long-name-of-a-model"}, ["model a-very-long-name-of…"]),
    ],
)
def test_settings_are_shown_by_the_end_of_their_place(values, shown):
    assert settings_shown(values) == shown


def test_a_search_without_a_whole_trial_names_none():
    found = SearchProgress()
    found.take(
        {**TRIAL, "trial": 0, "state": "pruned", "score": 0.25, "seconds": 1.0, "best": None}
    )
    assert found.best_parts() == [] and found.summary() == ""
    assert found.line() == "trial 1/10 pruned 0.250 rank=8"
