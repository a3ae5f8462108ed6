"""Scores and paired differences of arms, by hand."""

import json
import math

import pytest

from assay.core.types import Answer, Example, Message, Record
from assay.decision.measured_scores import ArmScores, round_or_none
from helpers.weighings import TASK, records


def test_numbers_are_rounded_so_that_the_order_of_a_sum_cannot_show():
    assert round_or_none(0.1 + 0.2) == 0.3
    assert round_or_none(math.nan) is None and round_or_none(-math.inf) is None
    # No report says -0.
    assert math.copysign(1, round_or_none(-1e-9)) == 1


def test_a_difference_is_of_the_same_rows():
    # 380 of 400 right, and 340: 10 points apart on 40 rows that only the first gets right. All
    # discordant rows go one way, so the sign test has p = 2 / 2^40.
    found = ArmScores({"good": records(range(20)), "fair": records(range(60))}, TASK, draws=500)
    assert found.value("good", "accuracy") == 0.95
    gap = found.versus("good", "accuracy")["fair"]["accuracy"]
    assert gap["difference"] == -0.1 and gap["low"] < -0.1 < gap["high"] < 0
    assert gap["p"] <= gap["p_holm"] < 1e-3
    assert json.loads(json.dumps(found.of_metrics("good"))) == found.of_metrics("good")


def test_arms_that_were_asked_other_rows_are_not_compared():
    with pytest.raises(ValueError, match="not asked the same test rows"):
        ArmScores({"a": records(()), "b": records(())[::-1]}, TASK)


def test_the_score_of_several_seeds_is_their_mean():
    found = ArmScores({"a": records(range(20))}, TASK, draws=500, seeds={"a": [records(range(40))]})
    assert found.of_seeds("a", "accuracy") == [0.95, 0.9]
    assert found.value("a", "accuracy") == pytest.approx(0.925)
    assert ArmScores({"a": records(())}, TASK, draws=500).of_seeds("a", "accuracy") is None


def test_slices_count_their_own_rows():
    rows = [
        Record(Example(f"{at}", (Message("user", "?"),), slices=(("part", part),)), "a", (), answer)
        for at, (part, answer) in enumerate(
            [("x", Answer("a")), ("x", Answer("b")), ("y", Answer("a"))]
        )
    ]
    parts = ArmScores({"one": rows}, TASK, draws=500).of_slices("one")
    assert {
        name: (one["accuracy"]["value"], one["accuracy"]["n"]) for name, one in parts.items()
    } == {"part=x": (0.5, 2), "part=y": (1.0, 1)}


def test_an_arm_without_passages_has_no_retrieval():
    assert ArmScores({"a": records(())}, TASK, draws=500).of_retrieval("a", records(())) is None
