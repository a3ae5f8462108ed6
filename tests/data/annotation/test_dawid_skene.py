import random
from collections import Counter

import pytest

from assay.data.annotation.dawid_skene import weigh


def test_weights_find_the_truth_where_the_majority_errs():
    # Two careful people (95 % right) and three who guess: three guesses outvote two right answers
    # now and then.
    draw, labels = random.Random(1), "abc"
    truth = {f"r{i}": draw.choice(labels) for i in range(400)}
    right = {"p1": 0.95, "p2": 0.95, "p3": 1 / 3, "p4": 1 / 3, "p5": 1 / 3}
    said = {
        row: {
            who: label if draw.random() < share else draw.choice([x for x in labels if x != label])
            for who, share in right.items()
        }
        for row, label in truth.items()
    }
    weighed = weigh(said)
    by_weight = sum(
        max(weighed[row], key=weighed[row].__getitem__) == label for row, label in truth.items()
    )
    votes = {row: Counter(one.values()) for row, one in said.items()}
    # Rows in which the truth has more votes than any other label.
    by_majority = sum(
        all(votes[row][x] < votes[row][label] for x in labels if x != label)
        for row, label in truth.items()
    )
    # Knowing the five rates, the best rule is right when both careful people are (0.9025), and
    # mostly when one is.
    assert by_weight >= 0.92 * 400 and by_majority <= 0.88 * 400


def test_who_always_says_the_opposite_is_as_good_as_who_is_always_right():
    said = {f"r{i}": {"p1": "ab"[i % 2], "p2": "ab"[i % 2], "p3": "ba"[i % 2]} for i in range(40)}
    assert all(weighed["ab"[i % 2]] > 0.99 for i, weighed in enumerate(weigh(said).values()))


def test_each_row_has_a_distribution_over_all_labels_that_anybody_gave():
    said = {"r1": {"anna": "x"}, "r2": {"ben": "y"}, "r3": {"anna": "x", "ben": "z"}}
    found = weigh(said)
    assert list(found) == ["r1", "r2", "r3"]
    for weights in found.values():
        assert list(weights) == ["x", "y", "z"]
        assert sum(weights.values()) == pytest.approx(1)


def test_two_votes_that_differ_leave_both_labels_alike():
    # By symmetry: nothing tells which of the two errs.
    for weights in weigh({"r1": {"p": "a", "q": "b"}, "r2": {"p": "b", "q": "a"}}).values():
        assert weights == pytest.approx({"a": 0.5, "b": 0.5})


def test_no_votes_have_no_weights():
    assert weigh({}) == {}
