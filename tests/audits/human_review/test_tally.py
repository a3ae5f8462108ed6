"""Win rates against published and closed forms, and ratings whose outcome is known."""

import numpy as np
import pytest
from scipy.stats import binomtest

from assay.audits.human_review.pairwise import ReviewItem
from assay.audits.human_review.tally import (
    Rating,
    gold_results,
    pairs_needed,
    position_p,
    tally,
    wilson,
)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 29), (15, 29), (81, 263), (148, 148), (50, 100)])
def test_wilson_is_scipys(k, n):
    # 81 of 263 and 15 of 148 are the examples of Newcombe (1998),
    # doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857
    theirs = binomtest(k, n).proportion_ci(method="wilson")
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_position_test_is_the_exact_binomial_test():
    assert position_p(31, 15) == pytest.approx(binomtest(31, 46).pvalue, abs=1e-6)
    assert position_p(0, 0) is None


def test_pairs_needed_for_five_points():
    # Half wins, half losses: variance 1/4, (1.96 / 0.05)^2 / 4 = 384.1; the sample variance of
    # 1,000 is 1/999 larger.
    assert pairs_needed(np.array([0.0, 1.0] * 500)) == 385


def item(id, first_at_a=True, again="", better=""):
    arms = ("lora", "rag") if first_at_a else ("rag", "lora")
    return ReviewItem(id, f"row {id}", "test", "?", "", "x", "y", arms, better=better, again=again)


def test_ratings_are_counted_by_arm_whatever_the_side():
    items = {str(n): item(str(n), first_at_a=n % 2 == 0) for n in range(10)}
    # lora is preferred in all of 0 to 7, whichever side it is on; 8 is a tie, 9 bad.
    ratings = [Rating(str(n), "anna", "A" if n % 2 == 0 else "B") for n in range(8)]
    ratings += [Rating("8", "anna", "tie"), Rating("9", "anna", "bad", ("wrong",))]
    [duel] = tally(items, ratings)
    assert (duel["first"], duel["second"], duel["pairs"], duel["reviewers"]) == (
        "lora",
        "rag",
        10,
        1,
    )
    assert duel["counts"] == {"first": 8, "second": 0, "tie": 1, "bad": 1}
    assert duel["win_rate"]["value"] == pytest.approx(0.9)
    assert duel["decided"]["value"] == 1.0 and duel["decided"]["n"] == 8
    assert duel["position"] == {"a": 4, "b": 4, "p": 1.0}
    assert duel["reasons"] == {"wrong": 1} and duel["agreement"] is None


def test_two_people_on_one_pair_are_one_observation_and_agree_as_they_do():
    items = {str(n): item(str(n)) for n in range(20)}
    ratings = [
        Rating(str(n), who, "A" if n < 10 else "B") for n in range(20) for who in ("anna", "ben")
    ]
    [duel] = tally(items, ratings)
    assert duel["pairs"] == 20 and duel["win_rate"]["value"] == 0.5
    # Twenty pairs, not forty ratings: the interval is that of 20 coins, 0.5 +- 1.96 * 0.5 /
    # sqrt(20).
    assert duel["win_rate"]["high"] - 0.5 == pytest.approx(1.96 * 0.5 / 20**0.5, abs=0.06)
    assert duel["agreement"]["alpha"]["nominal"]["value"] == 1.0


def test_repeated_and_known_pairs_say_how_far_to_trust():
    items = {
        "a": item("a"),
        "b": item("b"),
        "a2": item("a2", False, again="a"),
        "b2": item("b2", False, again="b"),
    }
    items["k"] = item("k", better="B")
    # Rates a by its words (lora both times) and b by its side (A both times); misses the known one.
    ratings = [
        Rating("a", "x", "A"),
        Rating("a2", "x", "B"),
        Rating("b", "x", "A"),
        Rating("b2", "x", "A"),
    ]
    ratings += [Rating("k", "x", "A")]
    [duel] = tally(items, ratings)
    assert duel["pairs"] == 2 and duel["consistent"] == {"same": 1, "n": 2}
    assert gold_results(items, ratings) == {"x": {"right": 0, "n": 1}}


def test_ratings_of_what_was_not_shown_do_not_count():
    assert tally({}, [Rating("a", "x", "A")]) == []
