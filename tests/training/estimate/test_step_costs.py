"""What steps cost, looked at before any is taken."""

import numpy as np
import pytest

from assay.training.batch_schedule import BatchPlan
from assay.training.estimate.step_costs import MicroBatch, Survey, first_parts, line, neighbours


def plan(n=40, batch=8):
    lengths = tuple(3 + (7 * i) % 19 for i in range(n))
    return BatchPlan(lengths, batch, seed=1, micro_tokens=64, ids=[list(range(k)) for k in lengths])


def test_the_dearest_part_is_found_among_all_steps():
    parts = [
        len(rows) * max(plan().lengths[row] for row in rows)
        for epoch in range(2)
        for step in range(plan().steps)
        for rows in plan().step(epoch, step)
    ]
    survey = Survey.of(plan(), epochs=2)
    assert len(survey.steps) == 10
    assert survey.dearest.cells == max(parts) and survey.cells == pytest.approx(sum(parts) / 10)


def test_of_many_steps_some_are_looked_at_evenly():
    survey = Survey.of(plan(n=400), epochs=3, most=10)
    assert len(survey.steps) == 10
    prices = [abs(sum(part.price for part in step) - survey.price) for step in survey.typical(10)]
    assert prices == sorted(prices)


def test_a_row_alone_costs_its_length():
    assert MicroBatch.of(plan(), [3]) == MicroBatch(
        (3,), plan().lengths[3], plan().costs.rows([plan().lengths[3]])
    )


def test_of_a_dear_step_the_first_parts_are_taken():
    parts = [MicroBatch((i,), 10, 10.0) for i in range(4)]
    assert first_parts(parts, 25.0) == parts[:2]
    assert first_parts(parts, 1.0) == parts[:1] and first_parts(parts, 100.0) == parts


def test_neighbours_are_sorted_and_share_what_they_begin_with():
    ids = [[1, 2, 9], [5, 6, 7], [1, 2, 3], [1, 2, 3, 4]]
    assert neighbours(ids, 4, merges=True) == [2, 3]  # 1 2 3, then 4
    assert neighbours(ids, 7, merges=False) == [2, 3]
    assert neighbours(ids, 100, merges=True) == [2, 3, 0, 1]


def test_a_line_goes_through_a_small_step_and_the_mean_of_others():
    # seconds = 2 + price / 10 on the wall, 1 + price / 20 of the processor.
    def seconds(price):
        return np.array([2 + price / 10, 1 + price / 20])

    fixed, each = line((10, seconds(10)), [(90, seconds(90)), (110, seconds(110))])
    np.testing.assert_allclose(fixed, [2, 1])
    np.testing.assert_allclose(each, [0.1, 0.05])


def test_where_a_small_step_is_no_smaller_all_is_laid_on_the_price():
    fixed, each = line((10, np.array([1.0, 1.0])), [(12, np.array([3.0, 6.0]))])
    np.testing.assert_allclose((fixed, each), ([0, 0], [0.25, 0.5]))


def test_a_small_step_that_took_longer_gives_no_negative_price():
    fixed, each = line((10, np.array([9.0, 1.0])), [(100, np.array([4.0, 4.0]))])
    assert each[0] == 0 and fixed[0] == 4
