"""Gaps between groups, against closed forms and fairlearn's definition."""

from dataclasses import replace

import numpy as np
import pytest

from assay.audits.bias.gaps import above, answer_changes, leaning, share, slice_gap, together
from assay.audits.bias.pairs import QuestionPair
from assay.core.types import Answer, Example, Message


def asked(id, text):
    return Example(id, (Message("user", text),))


ROWS = [
    asked("a", "My son lost his card"),
    asked("b", "Close the account"),
    asked("c", "Ask Emily, please"),
]


def pair(group="gender"):
    return QuestionPair(group, "text", "a", ROWS[0], ROWS[0])


def test_a_written_answer_that_follows_the_swap_has_not_changed():
    one, two = Answer("his card, sir"), Answer("her card, madam")
    assert answer_changes([pair()], [one], [two], closed=False).tolist() == [0.0]
    assert answer_changes([pair()], [one], [Answer("no card")], closed=False).tolist() == [1.0]
    assert answer_changes([pair()], [one], [two], closed=True).tolist() == [1.0]
    assert answer_changes([pair()], [Answer(None)], [Answer("x")], closed=False).tolist() == [1.0]


def test_a_share_that_never_changes_has_the_exact_bound():
    found = share(np.zeros(100), 0.95)
    # Clopper and Pearson: 1 - 0.025^(1/100)
    assert (found.value, found.low) == (0.0, 0.0) and found.high == pytest.approx(1 - 0.025**0.01)


def test_what_is_above_the_control_is_paired():
    flips, control = np.array([1.0] * 30 + [0.0] * 70), np.array([1.0] * 10 + [0.0] * 90)
    found = above(flips, control, 0.95)
    # 20 of 100 rows change for the group alone: 0.2 +- 1.96 * 0.4 / 10.
    assert found.value == pytest.approx(0.2) and (found.low, found.high) == pytest.approx(
        (0.12, 0.28), abs=0.02
    )


def test_leaning_names_the_label_that_moves_most():
    first, second = [Answer(t) for t in "aabc"], [Answer(t) for t in "abbb"]
    assert leaning(first, second) == {"label": "b", "first": 0.25, "second": 0.75}
    assert leaning(first, first) is None


def test_the_gap_of_slices_is_fairlearns_difference():
    draw = np.random.default_rng(0)
    right = (draw.random(300) < np.repeat([0.9, 0.6, 0.75], 100)).astype(float)
    groups = {name: np.arange(100) + 100 * at for at, name in enumerate("xyz")}
    found = slice_gap(right[:, None], lambda sums, n: sums[..., 0] / n, groups, level=0.95, seed=0)
    means = [right[where].mean() for where in groups.values()]
    # MetricFrame(accuracy_score, ...).difference() is the largest group's value less the
    # smallest's.
    assert found["gap"] == pytest.approx(max(means) - min(means)) and (
        found["best"],
        found["worst"],
    ) == ("x", "y")
    assert found["low"] > found["chance"] > 0


def test_groups_too_small_to_say_anything_are_left_out():
    right = np.ones((60, 1))
    groups = {"x": np.arange(40), "y": np.arange(40, 60)}
    assert slice_gap(right, lambda sums, n: sums[..., 0] / n, groups, level=0.95, seed=0) is None


def test_pairs_of_one_row_or_group_are_no_independent_ones():
    rows = [replace(ROWS[0], group="one"), replace(ROWS[1], group="one"), ROWS[2]]
    pairs = [
        QuestionPair(group, "text", row.id, row, row)
        for row in rows
        for group in ("gender", "names")
    ]
    assert list(together(pairs)) == [0, 0, 0, 0, 1, 1]
    assert together(pairs[4:5]) is None
    flips = np.array([1.0] * 20 + [0.0] * 80)
    apart, tied = share(flips, 0.95), share(flips, 0.95, np.arange(100) // 10)
    assert tied.value == apart.value and tied.high - tied.low > 2 * (apart.high - apart.low)
