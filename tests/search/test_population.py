"""A population: who takes over from whom, with which settings, and the same again after a kill."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.search.population import PERTURB, ROUNDS, Population, draw, within
from assay.search.search_space import Dimension
from assay.search.settings import SearchSettings
from assay.search.study import trial_count

RATE = Dimension(place="learning_rate", low=1e-5, high=1e-3, log=True)
CLIP = Dimension(place="clip", options=(0.5, 1.0, 2.0))
FIRST = {"learning_rate": 1e-4, "clip": 1.0}


def people_in(folder, trials=8, **settings):
    how = SearchSettings(sampler="pbt", trials=trials, **settings)
    return Population(folder, (RATE, CLIP), how, 3, FIRST)


def go_round(people, score):
    """All members go on to the end of their round; `score`: number -> score."""
    at = 100 * (people.next().rounds + 1) // ROUNDS
    for _ in people.members:
        member = people.next()
        people.report(member, at, score(member.number))
        people.end_round(member)


def test_the_first_member_has_the_defaults_and_the_others_are_drawn(tmp_path):
    people = people_in(tmp_path)
    assert people.members[0].values == FIRST and people.count == 8
    assert len({one.values["learning_rate"] for one in people.members}) == 8
    assert trial_count((CLIP,), SearchSettings(sampler="pbt")) == 8


def test_the_worst_quarter_takes_over_from_the_best_and_nobody_else_changes(tmp_path):
    people = people_in(tmp_path)
    before = [dict(one.values) for one in people.members]
    go_round(people, lambda number: number / 10)
    assert {who for who, _ in people.taking} == {0, 1}
    assert {whose for _, whose in people.taking} <= {6, 7}
    assert [one.values for one in people.members[2:]] == before[2:]
    for who, whose in people.taking:
        one = people.members[who]
        assert one.curve == [(25, whose / 10)] and f"of trial {whose + 1}" in one.text


def test_settings_are_a_fifth_off_or_drawn_anew_in_one_of_four_cases(tmp_path, monkeypatch):
    monkeypatch.setattr(Population, "save", lambda self: None)  # 2,700 files
    kinds = Counter()
    for seed in range(300):
        how = SearchSettings(sampler="pbt", trials=4)
        people = Population(tmp_path / f"{seed}", (RATE,), how, seed, {"learning_rate": 1e-4})
        go_round(people, lambda number: number)
        ((who, whose),) = people.taking
        value, other = (people.members[one].values["learning_rate"] for one in (who, whose))
        near = [factor for factor in PERTURB if value == within(RATE, other * factor)]
        kinds[near[0] if near else "drawn"] += 1
    assert kinds["drawn"] / 300 == pytest.approx(0.25, abs=0.08)
    assert kinds[0.8] / 300 == pytest.approx(0.375, abs=0.09)


def test_of_equal_scores_nobody_takes_over(tmp_path):
    people = people_in(tmp_path)
    go_round(people, lambda number: 0.5)
    assert people.taking == []


def test_a_killed_search_goes_on_to_the_same_members(tmp_path):
    whole, parts = people_in(tmp_path / "whole"), people_in(tmp_path / "parts")
    for _ in range(ROUNDS - 1):
        go_round(whole, lambda number: number % 5)
        whole.taking = []
        at = 100 * (parts.next().rounds + 1) // ROUNDS
        for _ in range(8):
            member = parts.next()
            parts.report(member, at, member.number % 5)
            parts.end_round(member)
            parts = people_in(tmp_path / "parts")
        parts.taking = []
    assert [one.to_json() for one in parts.members] == [one.to_json() for one in whole.members]


def test_when_the_time_is_over_the_best_alone_goes_on(tmp_path):
    people = people_in(tmp_path, minutes=1)
    go_round(people, lambda number: number)
    people.members[2].seconds = 61
    last = people.next()
    assert last.curve[-1][1] == 7  # the best, or who has its weights
    assert Counter(one.state for one in people.members) == {"pruned": 7, "running": 1}
    people.end(last, "complete", 0.9)
    assert people.next() is None and people.best().number == last.number


def test_where_val_is_seldom_looked_at_rounds_are_passed_over(tmp_path):
    people = people_in(tmp_path)
    member = people.next()
    people.report(member, 66, 0.5)
    assert member.is_round_over
    people.end_round(member)
    assert member.rounds == 2 and not member.is_round_over


@given(
    low=st.floats(1e-6, 1.0), wide=st.floats(1.01, 1e4), value=st.floats(0, 1e5), log=st.booleans()
)
def test_values_stay_in_the_range(low, wide, value, log):
    place = Dimension(place="x", low=low, high=low * wide, log=log)
    for found in (within(place, value), draw(place, 1, value)):
        assert low * (1 - 1e-5) <= found <= low * wide * (1 + 1e-5)
