import math
import random

import pytest

from assay.data.outliers import deviations, settle


def test_deviations_by_hand():
    # The median is 3, the deviations from it 2, 1, 0, 1, 7, their median 1: a standard deviation of
    # 1.4826. What has no number lies nowhere.
    found = deviations([1, 2, 3, 4, 10, math.nan])
    assert found == pytest.approx([value / 1.4826 for value in (-2, -1, 0, 1, 7, 0)])


def test_deviations_are_those_of_the_normal_distribution_and_a_minority_does_not_move_them():
    draw = random.Random(1)
    values = [draw.gauss(10, 2) for _ in range(2000)] + [1000.0] * 20
    found = deviations(values)
    assert sum(abs(found) > 3) - 20 <= 12  # 0.27 % of 2,000 is 5
    assert (found[-20:] > 400).all()


def test_where_most_numbers_are_equal_or_there_are_none_nothing_lies_far():
    assert not deviations([1.0] * 9 + [2.0]).any()
    assert deviations([math.nan, math.nan]).tolist() == [0, 0]
    assert deviations([]).tolist() == []


def test_dropping_goes_on_until_nothing_more_is_found():
    # Each time the largest number goes, if it is more than twice the next one.
    values = [1, 2, 3, 100, 1000]

    def find(left):
        *_, next_one, largest = sorted(left, key=values.__getitem__)
        return {largest: f"{len(left)} left"} if values[largest] > 2 * values[next_one] else {}

    assert settle(5, find) == {4: "5 left", 3: "4 left"}
    assert settle(0, lambda left: {}) == {}
