"""What comes of the answers to probes before and after a training."""

import math

import numpy as np
import pytest

from assay.audits.forgetting.comparison import bounds, combine_gaps, compare_probes, exact, level_of
from assay.audits.forgetting.items import ProbeItem
from assay.audits.forgetting.measure import ProbeResult


def outcomes(rights):
    return [ProbeResult(right, f"said {right}") for right in rights]


def choice_items(n, probe="c"):
    return [
        ProbeItem(probe, "choice", f"{probe}{i}", ("a", "b", "c", "d"), i % 4) for i in range(n)
    ]


def test_exact_intervals_are_the_tables():
    # Clopper and Pearson at 95 %: 0 of 10 is 0 to 30.8 %, 5 of 10 is 18.7 to 81.3 % (Zar,
    # Biostatistical Analysis, B.).
    assert exact(0, 10, 0.95) == pytest.approx((0, 0.3085), abs=1e-4)
    assert exact(5, 10, 0.95) == pytest.approx((0.1871, 0.8129), abs=1e-4)


def test_a_probe_at_chance_is_marked_and_left_out():
    items = [*choice_items(60, "able"), *choice_items(60, "guess")]
    # 75 % and 30 % where 25 % are guessed
    before = outcomes([1] * 45 + [0] * 15 + [1] * 18 + [0] * 42)
    after = outcomes([1] * 33 + [0] * 27 + [0] * 60)
    base = level_of(items, before, 0.95)
    assert (
        not base["able"]["at_chance"]
        and base["guess"]["at_chance"]
        and base["guess"]["chance"] == 0.25
    )
    found = compare_probes(items, before, after, 0.95, 1)
    assert (
        found["probes"]["able"]["difference"] == pytest.approx(-0.2)
        and not found["probes"]["able"]["chance"]
    )
    assert found["probes"]["guess"]["chance"] and found["probes"]["guess"][
        "difference"
    ] == pytest.approx(-0.3)
    # Only the probe that can show it: -20 points; its binomial standard error is sqrt(.2 x .8 / 60)
    # = 5.2 points.
    whole = found["combined"]
    assert whole["difference"] == -20 and whole["n"] == 60 and whole["probes"] == 1
    assert whole["low"] == pytest.approx(-20 - 1.96 * 5.16, abs=1.8)
    assert whole["high"] == pytest.approx(-20 + 1.96 * 5.16, abs=1.8)
    assert found["flips"] == {"lost": 30, "gained": 0}
    assert found["flipped"][0] | {"text": ""} == {
        "probe": "able",
        "source": "",
        "text": "",
        "target": "b",
        "before": "said 1",
        "after": "said 0",
        "now": "wrong",
    }


def test_the_same_model_has_forgotten_nothing():
    items = choice_items(40)
    same = outcomes([1] * 30 + [0] * 10)
    found = compare_probes(items, same, same, 0.95, 1)
    # No item has flipped, which of 40 items does not say that none ever would.
    whole = found["combined"]
    assert whole["difference"] == 0 and whole["n"] == 40
    assert (
        whole["high"]
        == -whole["low"]
        == pytest.approx(100 * 1.96 * math.sqrt(2 / 42) / math.sqrt(42), abs=0.01)
    )
    assert found["flips"] == {"lost": 0, "gained": 0} and found["flipped"] == []


def test_probes_weigh_alike_whatever_their_size():
    small, large = np.array([-1.0] * 10), np.array([0.0] * 1000)
    assert combine_gaps([small, large], 0.95)["difference"] == -50
    assert combine_gaps([], 0.95) is None


def test_the_interval_of_pairs_is_the_books():
    # Approval of the prime minister by 1,600 people, twice: 150 turned away, 86 came round.
    # Agresti, Categorical Data Analysis, 10.1: -0.04, 95 % from -0.059 to -0.021; the adjustment is
    # of no weight at this size.
    gap = np.array([-1.0] * 150 + [1.0] * 86 + [0.0] * 1364)
    assert bounds([gap], 0.95) == pytest.approx((-0.0587, -0.0213), abs=2e-4)
    # Two probes of the same: the mean of two independent means has half of the variance.
    low, high = bounds([gap, gap], 0.95)
    assert high - low == pytest.approx((0.0587 - 0.0213) / math.sqrt(2), abs=3e-4)


def test_texts_are_measured_in_bits_a_byte():
    items = [ProbeItem("t", "text", f"text {i}") for i in range(4)]
    before = [ProbeResult(None, "", 10.0 * (i + 1), 10 * (i + 1)) for i in range(4)]
    after = [ProbeResult(None, "", 12.0 * (i + 1), 10 * (i + 1)) for i in range(4)]
    found = compare_probes(items, before, after, 0.95, 1)
    values = found["probes"]["t"]
    assert (values["before"], values["after"], values["difference"]) == (1.0, 1.2, 0.2)
    assert (values["low"], values["high"]) == pytest.approx((0.2, 0.2))  # the same on every text
    assert found["combined"] is None  # no probe of right and wrong answers


def test_a_last_word_has_one_over_its_place_among_the_likely_ones():
    items = [ProbeItem("w", "last_word", f"text {i} end") for i in range(4)]
    # First, first, second and fourth; then all third: two tokens are likelier.
    before = [ProbeResult(1, "end", 8.0, 3, rank) for rank in (0, 0, 1, 3)]
    after = [ProbeResult(0, "and", 9.0, 3, 2) for _ in range(4)]
    found = compare_probes(items, before, after, 0.95, 1)["probes"]["w"]["reciprocal_rank"]
    assert found["before"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 4) / 4)
    assert found["after"] == pytest.approx(1 / 3, abs=1e-4)
    chosen = compare_probes(choice_items(4), before, after, 0.95, 1)
    assert "reciprocal_rank" not in chosen["probes"]["c"]
