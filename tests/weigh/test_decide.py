"""The rule of who wins, on arms small enough to decide by hand."""

import math
import re
from typing import NamedTuple

import numpy as np
import pytest

from assay.weigh import Weigh
from assay.weigh.decide import Gap, Standing, decide
from assay.weigh.words import Words
from lines import named

N = 400


def standing(name, value, seconds=1.0, *, floor=False, parts=1, p_best=None, p_floor=None, best=0.8, base=0.5):
    behind = None if p_best is None else Gap(value - best, value - best - 0.03, value - best + 0.03, p_best)
    over = None if p_floor is None else Gap(value - base, value - base - 0.03, value - base + 0.03, p_floor)
    return Standing(name, floor, value, value - 0.03, value + 0.03, seconds, parts, behind, over)


def drawn(arms, error=0.02):
    random = np.random.default_rng(0)
    return np.array([arm.value for arm in arms]) + random.normal(0, error, (500, len(arms)))


class Said(NamedTuple):
    recommended: str | None
    reason: str
    doubt: str
    undecided: str


def verdict(*arms, n=N, settings=None):
    settings, draws = settings or Weigh(), drawn(arms)
    choice = decide(arms, draws, n=n, settings=settings)
    words = Words(arms, draws, choice, metric="accuracy", n=n, settings=settings)
    name = None if choice.pick is None else arms[choice.pick].name
    return Said(name, words.reason(), words.doubt(), words.undecided())


FLOOR = standing("floor", 0.5, 0.001, floor=True, p_best=0.001)


def test_the_best_wins_when_it_is_told_from_all():
    found = verdict(FLOOR, standing("a", 0.8, 9, p_floor=0.001), standing("b", 0.7, 1, p_best=0.01, p_floor=0.001))
    assert found.recommended == "a"
    assert "every other arm is told from it" in found.reason
    assert named(found.doubt, "10.0 points lower")


def test_the_cheapest_of_those_not_told_from_the_best_wins():
    found = verdict(
        FLOOR,
        standing("a", 0.8, 9, p_floor=0.001),
        standing("b", 0.79, 4, p_best=0.5, p_floor=0.001),
        standing("c", 0.78, 2, p_best=0.4, p_floor=0.001),
        standing("d", 0.7, 1, p_best=0.01, p_floor=0.001),
    )
    assert found.recommended == "c"
    assert named(found.reason, "cheapest", "3")
    assert named(found.reason, "a", "0.800", "0.770", "0.830", "−2.0 points")
    assert named(found.reason, "floor", "+28.0 points")
    assert re.search(r"If the difference stays at 2.0 points, about [\d,]+ more test rows would tell", found.doubt)


def test_costs_within_a_fifth_are_equal_then_fewer_parts_then_the_score():
    def arms(parts, value=0.79):
        return (
            standing("a", 0.8, 1.19, parts=parts, p_floor=0.001),
            standing("b", value, 1.0, parts=2, p_best=0.5, p_floor=0.001),
        )

    assert verdict(*arms(parts=3)).recommended == "b"
    assert verdict(*arms(parts=2)).recommended == "a"
    assert verdict(*arms(parts=1)).recommended == "a"
    assert verdict(*arms(parts=2), settings=Weigh(equal_cost=0.1)).recommended == "b"


def test_noise_in_the_costs_changes_no_word():
    def arms(noise):
        return (
            FLOOR,
            standing("a", 0.8, 9 * noise, p_floor=0.001),
            standing("b", 0.79, 9 / noise, p_best=0.5, p_floor=0.001),
        )

    assert verdict(*arms(1)) == verdict(*arms(1.08)) == verdict(*arms(0.93))


def test_an_arm_that_does_not_beat_the_floor_cannot_win_over_one_that_does():
    found = verdict(
        FLOOR,
        standing("a", 0.8, 9, p_floor=0.001),
        standing("weak", 0.55, 0.1, p_best=0.2, p_floor=0.3),
        standing("below", 0.45, 0.1, p_best=0.2, p_floor=0.001),
    )
    assert found.recommended == "a"


def test_when_nothing_beats_the_floor_it_is_said():
    found = verdict(
        standing("majority", 0.4, 0.001, floor=True, p_best=0.02, p_floor=0.02, best=0.52),
        standing("tfidf", 0.5, 0.002, floor=True, p_best=0.6, best=0.52),
        standing("a", 0.52, 9, p_floor=0.6),
    )
    assert found.recommended == "tfidf"
    assert found.reason.startswith("No arm beats the floor. tfidf, the best floor, has accuracy 0.500")
    assert named(found.doubt, "tfidf", "a")


def test_only_floors():
    found = verdict(standing("x", 0.5, floor=True), standing("y", 0.4, floor=True, p_best=0.01, p_floor=0.01, best=0.5))
    assert found.recommended == "x"
    assert "Only floors were measured" in found.reason


def test_without_a_floor_the_cheapest_of_the_untold_wins():
    assert verdict(standing("a", 0.8, 5), standing("b", 0.79, 1, p_best=0.5)).recommended == "b"


def test_an_arm_without_a_measured_time_is_the_dearest():
    found = verdict(standing("a", 0.8, 5), standing("b", 0.79, math.inf, p_best=0.5))
    assert found.recommended == "a"


def test_equal_scores_need_no_number_of_rows():
    found = verdict(standing("a", 0.8, 1), standing("b", 0.8, 9, p_best=1.0))
    assert "they score the same" in found.doubt


def test_few_rows_are_a_doubt():
    assert named(verdict(standing("a", 0.8), standing("b", 0.7, p_best=0.01), n=40).doubt, "100")


def test_the_correction_takes_away_and_more_the_closer_the_race():
    def corrected(second):
        arms = (standing("a", 0.8), standing("b", second, p_best=0.5), standing("c", second, p_best=0.5))
        found = decide(arms, drawn(arms), n=N, settings=Weigh()).corrected
        assert found is not None
        return found

    assert corrected(0.795) < corrected(0.6) <= 0.8
    assert corrected(0.6) == pytest.approx(0.8, abs=0.003)


def test_when_nothing_beats_the_floor_the_cheapest_untold_floor_wins():
    found = verdict(
        standing("dear", 0.5, 2, floor=True),
        standing("cheap", 0.49, 0.01, floor=True, p_best=0.6, p_floor=0.6, best=0.5),
        standing("worst", 0.1, 0.001, floor=True, p_best=0.001, p_floor=0.001, best=0.5),
        standing("model", 0.45, 0.005, p_best=0.3, p_floor=0.3, best=0.5),
    )
    assert found.recommended == "cheap"
    assert named(found.reason, "floor", "dear")
    assert named(found.reason, "cheap", "cheapest")


def test_the_two_corrections_never_recommend_a_floor_that_is_told_from_the_best():
    found = verdict(
        standing("floor", 0.35, 0.001, floor=True, p_best=0.027, best=0.52),
        standing("model", 0.52, 2, p_floor=0.054, base=0.35),
    )
    assert found.recommended == "model"
