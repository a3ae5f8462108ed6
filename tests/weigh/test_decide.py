"""The rule of who wins, on arms small enough to decide by hand."""

import itertools
import math
import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from assay.weigh import Weigh
from assay.weigh.decide import Gap, Standing, decide
from assay.weigh.out import Out
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


# --- the corrected score and the rivals, in closed form ---------------------------------------------------------------


def signed(arms, error):
    """Draws in which each arm is `error` better or worse than its value, all combinations once."""
    signs = np.array(list(itertools.product((1, -1), repeat=len(arms))))
    return np.array([arm.value for arm in arms]) + error * signs


def test_the_corrected_score_by_hand():
    # Equal cost and parts: the better score wins. The first arm is chosen on 0.80 +- 0.07 against 0.78 +- 0.07, three
    # times of four, and judged on 0.80 -+ 0.14; the fourth time the second is, on 0.78 - 0.14. Noise times sqrt(2) is
    # taken off twice, added once and taken off the fourth time: (3 x 0.80 + 0.78 - 2 x 0.141) / 4.
    arms = (standing("a", 0.80), standing("b", 0.78, p_best=0.5))
    found = decide(arms, signed(arms, 0.1), n=N, settings=Weigh())
    noise = 0.1 * math.sqrt(2)
    assert arms[found.pick].name == "a"
    assert found.corrected == pytest.approx((3 * 0.80 + 0.78 - 2 * noise) / 4)
    # Lower is better: the same about 0, and the correction adds.
    arms = (standing("a", 0.20), standing("b", 0.22, p_best=0.5, best=0.2))
    found = decide(arms, signed(arms, 0.1), n=N, settings=Weigh(), higher=False)
    assert found.corrected == pytest.approx((3 * 0.20 + 0.22 + 2 * noise) / 4)


def test_the_corrected_score_is_never_above_the_seen_one_and_equal_where_nothing_is_chosen_by_chance():
    far = (standing("a", 0.8), standing("b", 0.3, p_best=0.001))
    assert decide(far, signed(far, 0.02), n=N, settings=Weigh()).corrected == pytest.approx(0.8)
    # The cheap arm wins in every draw, for none tells the two apart; what others draw does not touch its score.
    cheap = (standing("a", 0.80, 9), standing("b", 0.78, 1, p_best=0.5))
    assert decide(cheap, signed(cheap, 0.1), n=N, settings=Weigh()).corrected == pytest.approx(0.78)
    # Where draws choose the dear arm, which is 3 of their errors ahead, they would lift the score of the cheap one.
    draws = np.array([0.80, 0.74]) + np.random.default_rng(1).normal(0, 0.02, (2000, 2))
    lifted = (standing("a", 0.80, 9), standing("b", 0.74, 1, p_best=0.5))
    assert decide(lifted, draws, n=N, settings=Weigh()).corrected == 0.74


def test_the_choice_is_repeated_with_the_margin_of_the_scores_and_not_of_the_noise_added():
    # Two independent scores with normal errors of s, the dear arm d = 3 s ahead. It is chosen where the scores plus
    # sqrt(1/2) times the noise differ by m = 1.96 sqrt(2) s or more, else the cheap one. So the score elsewhere is
    # cheap + d Phi((d - m) / s) - 2 s phi((d - m) / s): the cheap one's + 0.99 s. Were m taken of the noise that is
    # added, sqrt(1/2) as large, the dear arm would be chosen too often: + 2.09 s.
    s = 0.02
    arms = (standing("cheap", 0.80 - 3 * s, 1, p_best=0.01), standing("dear", 0.80, 9))
    draws = np.array([arm.value for arm in arms]) + np.random.default_rng(1).normal(0, s, (10_000, 2))
    beyond = 3 - stats.norm.ppf(0.975) * math.sqrt(2)
    expected = 0.80 - 3 * s + 3 * s * stats.norm.cdf(beyond) - 2 * s * stats.norm.pdf(beyond)
    found = decide(arms, draws, n=N, settings=Weigh()).corrected
    assert found == pytest.approx(expected, abs=4 * 2 * s / math.sqrt(10_000))


@pytest.mark.slow
def test_a_rival_may_be_better_by_the_upper_end_of_what_lies_between():
    # The best leads the chosen arm by 1 point, with an error of 2: 1 + 1.96 x 2 = 4.92 points; at 90 % 1 + 1.645 x 2.
    arms = (standing("a", 0.80, 9), standing("b", 0.79, 1, p_best=0.5))
    noise = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)  # the normal's own quantiles
    draws = np.stack([0.80 + 0.02 * noise, np.full(20_000, 0.79)], axis=1)
    for level, reach in ((0.95, 1.95996), (0.9, 1.64485)):
        found = decide(arms, draws, n=N, settings=Weigh(level=level))
        (rival,) = found.rivals
        assert (arms[found.pick].name, arms[rival.index].name) == ("b", "a")
        assert rival.by == pytest.approx(0.01 + reach * 0.02, abs=1e-5)
    # It is no rival any more where so much counts as equal.
    assert decide(arms, draws, n=N, settings=Weigh(equivalent=4.93)).rivals == ()
    assert len(decide(arms, draws, n=N, settings=Weigh(equivalent=4.91)).rivals) == 1


def test_the_rows_that_settle_it_are_the_fewer_of_two_sample_sizes():
    # n ((z + 0.8416) 2 / d)^2 - n, d being 1 point to tell the arms apart and 0.5 points to show that they lie within
    # 1.5; 5 points are far enough to tell, 1 of 6 to show.
    arms = (standing("a", 0.80, 9), standing("b", 0.79, 1, p_best=0.5))
    draws = np.stack([0.80 + 0.02 * np.tile([1.0, -1.0], 500), np.full(1000, 0.79)], axis=1)
    for equivalent, d in ((1.5, 1.0), (2.5, 1.5)):
        (rival,) = decide(arms, draws, n=N, settings=Weigh(equivalent=equivalent)).rivals
        assert rival.rows == pytest.approx(N * ((1.95996 + 0.84162) * 2 / d) ** 2 - N, abs=1)


def test_rivals_are_the_arms_not_told_from_the_best_and_not_out_the_farthest_reach_first():
    out = replace(standing("out", 0.82, 5, p_best=0.5), out=(Out("peak_mb", "needs more"),))
    arms = (
        standing("chosen", 0.78, 1, p_best=0.5),
        standing("near", 0.79, 8, p_best=0.5),
        standing("best", 0.80, 9),
        standing("told", 0.75, 0.1, p_best=0.001),
        out,
    )
    found = decide(arms, signed(arms, 0.03), n=N, settings=Weigh())
    assert arms[found.pick].name == "chosen"
    assert [arms[rival.index].name for rival in found.rivals] == ["best", "near"]
    assert [rival.by for rival in found.rivals] == pytest.approx([0.02 + 0.06, 0.01 + 0.06])  # +0.03 against -0.03
    assert found.more_rows == max(rival.rows for rival in found.rivals)


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
