"""The search core with an oracle in place of a model: candidate i answers row j right with a known
probability."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Answer
from assay.strategies.prompting.search.successive_halving import (
    CHUNK,
    FIRST,
    AnswerLog,
    HalvingRound,
    Worth,
    cost,
    plan_halving,
    plan_random_search,
    rank_readings,
    search,
)


def oracle(rates, rows, seed=0):
    """(candidate, row) -> answered right or not; row j is equally hard for all: the same draw is
    held against all."""
    luck = [random.Random(seed * 7919 + j).random() for j in range(rows)]
    return lambda candidate, places: [
        Answer("yes" if luck[j] < rates[candidate] else "no") for j in places
    ]


def share(places, answers):
    right = sum(answer.text == "yes" for answer in answers) / len(answers)
    return [Worth(right, right)]


def run(
    folder,
    rates,
    calls,
    hands=1,
    rows=100,
    how=plan_halving,
    tell=lambda event: None,
    seed=0,
    lengths=None,
):
    rounds = how(calls, hands, rows, len(rates) - hands)
    names = [f"c{i}" for i in range(len(rates))]
    asked = AnswerLog(folder / "val.jsonl", oracle(rates, rows, seed), names, tell, calls)
    return search(asked, share, rounds, hands, lengths or [1] * len(rates)), rounds


def test_the_rounds_of_a_known_case():
    # 100 rows halve to 50, 25, 13; n candidates cost 13n + 12*(n/2) + 25*(n/4) + 50*(n/8), and one
    # hand 100.
    assert plan_halving(1000, 1, 100) == (
        HalvingRound(27, 13),
        HalvingRound(14, 25),
        HalvingRound(7, 50),
        HalvingRound(4, 100),
    )
    assert cost(plan_halving(1000, 1, 100), 1) == 27 * 13 + 14 * 12 + 7 * 25 + 4 * 50 + 100 == 994
    assert plan_random_search(1000, 1, 100) == (HalvingRound(9, 100),)


@pytest.mark.slow
@given(st.integers(1, 5000), st.integers(1, 6), st.integers(0, 300), st.integers(1, 60))
def test_a_plan_never_takes_more_calls_than_it_may_and_no_candidate_more_fits(
    calls, hands, rows, most
):
    for how in (plan_halving, plan_random_search):
        rounds = how(calls, hands, rows, most)
        if not rounds:
            assert calls < 1 + hands or rows == 0
            continue
        assert cost(rounds, hands) <= calls
        assert [one.rows for one in rounds] == sorted({one.rows for one in rounds})
        assert rounds[-1].rows <= rows and rounds[0].candidates <= most
        if rounds[-1].rows == rows and rounds[0].candidates < most:
            more = how(calls, hands, rows, rounds[0].candidates + 1)
            assert more == rounds
        if len(rounds) > 1:
            assert rounds[0].rows >= FIRST


@pytest.mark.parametrize("how", [plan_halving, plan_random_search])
def test_exactly_the_planned_calls_are_asked(tmp_path, how):
    events = []
    rates = [0.5, *(0.01 * i for i in range(20, 60))]
    outcome, rounds = run(tmp_path, rates, 900, how=how, tell=events.append)
    assert outcome.calls == cost(rounds, 1) == events[-1]["done"] <= 900
    lines = (tmp_path / "val.jsonl").read_text().count('"text"')
    assert lines == outcome.calls


def test_the_best_of_many_is_found_and_the_hand_is_known_on_the_same_rows(tmp_path):
    rates = [0.5, *[0.3] * 17, 0.9, *[0.3] * 8]
    outcome, rounds = run(tmp_path, rates, 1000)
    assert rounds[0].candidates == 26
    assert (outcome.best, outcome.hand, outcome.rows) == (18, 0, 100)
    luck = [random.Random(j).random() for j in range(100)]
    assert outcome.worth.value == sum(one < 0.9 for one in luck) / 100
    assert outcome.hand_worth.value == sum(one < 0.5 for one in luck) / 100


def test_a_hand_is_never_dropped_however_bad_it_is(tmp_path):
    outcome, _ = run(tmp_path, [0.0, 0.05, *[0.9] * 20], 1000, hands=2)
    assert outcome.hand == 1
    assert {place for place, _ in outcome.last} >= {0, 1}


def test_of_equals_the_shorter_prompt_then_the_hand(tmp_path):
    rates = [0.5] * 6
    assert run(tmp_path / "a", rates, 2000, lengths=[9, 9, 3, 9, 9, 9])[0].best == 2
    assert run(tmp_path / "b", rates, 2000)[0].best == 0


def test_the_log_share_decides_between_equals(tmp_path):
    worths = {0: [Worth(0.5, 9.0)], 1: [Worth(0.6, 0.0)], 2: [Worth(0.6, 1.0)]}
    assert [c for c, _ in rank_readings(worths, [1, 1, 1])] == [2, 1, 0]
    # One that is surer but scores less than the hand is not taken in the hand's place.
    asked = AnswerLog(
        tmp_path / "val.jsonl", oracle([1.0, 1.0], 4), ["hand", "other"], lambda event: None, 8
    )
    told = iter([[Worth(0.6, 0.0)], [Worth(0.5, 9.0), Worth(0.4, 99.0, {"yes": 1.0})]])
    outcome = search(asked, lambda places, answers: next(told), (HalvingRound(1, 4),), 1, [1, 1])
    assert (outcome.best, outcome.hand, outcome.worth, outcome.hand_calibrated) == (
        0,
        0,
        Worth(0.6, 0.0),
        0.6,
    )


@pytest.mark.nightly
def test_halving_finds_the_best_more_often_than_random_search_at_equal_calls(tmp_path):
    # 60 candidates, one of them 20 points better. Random search can ask 9 of them all 100 rows, so
    # it has the best one in one of seven runs; halving asks them all.
    rates = [0.3, *[0.4] * 60]
    found = {plan_halving: 0, plan_random_search: 0}
    for seed in range(20):
        place = random.Random(seed).randrange(1, len(rates))
        rates_now = [0.6 if i == place else rate for i, rate in enumerate(rates)]
        for how in found:
            outcome, _ = run(
                tmp_path / f"{how.__name__}{seed}", rates_now, 1900, how=how, seed=seed
            )
            found[how] += outcome.best == place
    assert found[plan_halving] >= 15
    assert found[plan_random_search] <= 10


def test_a_killed_search_goes_on_and_ends_the_same(tmp_path):
    rates = [0.5, *(0.01 * i for i in range(20, 60))]
    whole, _ = run(tmp_path / "whole", rates, 900)

    class Killed(Exception):
        pass

    def stop(event, at):
        if event["done"] >= at:
            raise Killed

    for at in range(50, 900, 170):
        with pytest.raises(Killed):
            run(tmp_path / "part", rates, 900, tell=lambda event, at=at: stop(event, at))
    file = tmp_path / "part" / "val.jsonl"
    file.write_bytes(file.read_bytes()[:-9])  # a line that was being written
    again, _ = run(tmp_path / "part", rates, 900)
    assert again == whole
    assert file.read_bytes() == (tmp_path / "whole" / "val.jsonl").read_bytes()


def test_rows_are_asked_in_chunks_of_one_line_each(tmp_path):
    run(tmp_path, [0.5, 0.6], 2 * 100, rows=100)
    lines = (tmp_path / "val.jsonl").read_text().splitlines()
    assert max(line.count('"text"') for line in lines) <= CHUNK
