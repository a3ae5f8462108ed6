"""Blocks hold what a list would hold after the same changes, and stay few."""

import random

from assay.retrieval.vector_blocks import update_blocks


def rows_in(blocks):
    return [row for block, there in blocks for row, kept in zip(block, there, strict=True) if kept]


def test_after_any_changes_they_hold_what_a_list_holds():
    for seed in range(10):
        draw, blocks, rows, count = random.Random(seed), [], [], 0
        for _ in range(40):
            share = draw.choice([0, 0.1, 0.9, 1])
            stay = [place for place in range(len(rows)) if draw.random() >= share]
            new = draw.choice([0, 1, 3, 40])
            rows = [rows[place] for place in stay] + list(range(count, count + new))
            count += new
            blocks = update_blocks(blocks, stay, new, lambda last, rows=rows: rows[-last:])
            assert rows_in(blocks) == rows


def test_where_rows_are_only_added_each_block_is_more_than_twice_as_large_as_the_next():
    draw, blocks, count = random.Random(0), [], 0
    for _ in range(200):
        new = draw.choice([1, 3, 40])
        blocks = update_blocks(blocks, range(count), new, range)
        count += new
        sizes = [len(block) for block, _ in blocks]
        assert sum(sizes) == count
        assert all(size > 2 * after for size, after in zip(sizes, sizes[1:], strict=False))


def test_what_is_taken_out_is_masked_and_its_block_is_not_made_anew():
    built = []

    def build(last):
        built.append(last)
        return list(range(last))

    before = update_blocks([], [], 10, build)
    after = update_blocks(before, range(1, 10), 1, build)
    assert built == [10, 1]
    assert after[0][0] is before[0][0] and not after[0][1][0]
    assert before[0][1].all(), "the former blocks stay as they are"
    assert update_blocks(after, [], 0, build) == []
