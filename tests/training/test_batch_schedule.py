"""The order of rows, micro-batches and the choice of layout."""

import random

import pytest

from assay.training.batch_schedule import BatchPlan, Costs, tree_growth

TREES = Costs(trees=True, pair=1e-4)


def shared(rows=40, stem=200, own=10, seed=1):
    draw = random.Random(seed)
    trunk = [draw.randrange(1000) for _ in range(stem)]
    return [
        trunk + [draw.randrange(1000) for _ in range(draw.randrange(2, own))] for _ in range(rows)
    ]


def alone(rows=40, length=200, seed=1):
    draw = random.Random(seed)
    return [[i, *(draw.randrange(1000) for _ in range(length))] for i in range(rows)]


def plan(ids, *, batch_size=8, micro_tokens=512, costs=TREES, pool=0, seed=3):
    return BatchPlan(tuple(map(len, ids)), batch_size, seed, micro_tokens, ids, costs, pool)


@pytest.mark.parametrize("pool", [0, 1, 4])
@pytest.mark.parametrize("ids", [shared(), alone()], ids=["shared", "alone"])
def test_every_row_comes_once_an_epoch(ids, pool):
    made = plan(ids, pool=pool)
    for epoch in range(2):
        rows = [
            row for step in range(made.steps) for part in made.step(epoch, step) for row in part
        ]
        assert sorted(rows) == list(range(len(ids)))
    assert made.epoch(0) == plan(ids, pool=pool).epoch(0) != made.epoch(1)


def test_trees_are_chosen_where_beginnings_are_shared_and_rows_where_they_are_not():
    assert plan(shared()).merges
    assert not plan(alone()).merges
    assert not plan(shared(), costs=Costs(trees=False)).merges


def test_batches_are_drawn_before_they_are_merged():
    ids = shared()
    drawn = plan(ids).epoch(0)
    # The same draw whatever the rows hold: a batch of trees is a plain random batch.
    assert drawn == plan(shared(seed=2)).epoch(0)
    for step, rows in enumerate(drawn):
        assert sorted(row for part in plan(ids).step(0, step) for row in part) == sorted(rows)


def test_micro_batches_hold_at_most_so_many_computed_tokens():
    ids = shared(rows=64, stem=100, own=60)
    made = plan(ids, batch_size=32, micro_tokens=300)
    for step in range(made.steps):
        for part in made.step(0, step):
            assert sum(new for new, _ in tree_growth([ids[row] for row in part])) <= 300
    # A row that is longer by itself stands alone.
    assert [len(part) for part in plan(alone(length=900), micro_tokens=300).step(0, 0)] == [1] * 8


def test_the_price_of_a_tree_counts_shared_tokens_once():
    flat = Costs(trees=True, pair=0.0)
    assert flat.tree([[1, 2, 3, 4], [1, 2, 9], [1, 2, 3]]) == 5
    assert flat.rows([4, 3, 3]) == 12


def test_without_trees_every_token_is_computed_and_with_them_a_shared_one_once():
    assert BatchPlan((4, 5), 2, 0, 100).cells == 9
    ids = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 6]]
    assert plan(ids, costs=Costs(trees=True, pair=0.0), batch_size=3).cells == 6
