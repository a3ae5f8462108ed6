"""What answers are worth, with scores small enough to work out by hand."""

import math

import pytest

from assay.core.types import Answer, Example, Message
from assay.strategies.prompting.search.objective import worths

LABELS = ("a", "b")


def rows(targets):
    return [
        Example(f"r{i}", (Message("user", f"text {i}"),), target)
        for i, target in enumerate(targets)
    ]


def share(rows, answers):
    return sum(answer.text == row.target for row, answer in zip(rows, answers, strict=True)) / len(
        rows
    )


def scored(*odds):
    """Answers whose shares of "a" are these."""
    return [Answer("a" if p > 0.5 else "b", scores=(math.log(p), math.log(1 - p))) for p in odds]


def test_what_a_prompt_prefers_is_taken_away():
    # Mean shares are 0.7 and 0.3. Shares over means: row 0 is 0.9 / 0.7 against 0.1 / 0.3, an "a";
    # row 1 is 0.6 / 0.7 against 0.4 / 0.3, a "b" that was called "a" before; row 2 is 0.6 / 0.7
    # against 0.4 / 0.3 too.
    plain, unbiased = worths(rows("abb"), scored(0.9, 0.6, 0.6), LABELS, share, calibrate=True)
    assert (plain.value, plain.shifts) == (pytest.approx(1 / 3), {})
    assert plain.rank == pytest.approx((math.log(0.9) + 2 * math.log(0.4)) / 3)
    assert unbiased.value == 1
    assert unbiased.shifts == pytest.approx({"a": -math.log(0.7), "b": -math.log(0.3)}, abs=1e-4)
    a, b = (0.9 / 0.7) / (0.9 / 0.7 + 0.1 / 0.3), (0.4 / 0.3) / (0.4 / 0.3 + 0.6 / 0.7)
    assert unbiased.rank == pytest.approx((math.log(a) + 2 * math.log(b)) / 3, abs=1e-4)


def test_without_scores_the_metric_decides_alone():
    (only,) = worths(rows("ab"), [Answer("a"), Answer("a")], LABELS, share, calibrate=True)
    assert only.value == only.rank == 0.5
    assert len(worths(rows("ab"), scored(0.9, 0.4), LABELS, share, calibrate=False)) == 1
