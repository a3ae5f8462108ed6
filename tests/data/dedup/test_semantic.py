import numpy as np
import pytest

from assay.data.dedup.semantic import BLOCK, stand_ins_by_meaning


def at_angles(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def one_class(rows):
    return np.zeros(rows, dtype=int)


def test_a_row_that_goes_stands_for_no_other():
    # 20 degrees apart is near at cos 25: row 1 goes for row 0, so row 2, near to row 1 alone,
    # stays, and is what row 3 is near to.
    found = stand_ins_by_meaning(at_angles(0, 20, 40, 60), np.cos(np.radians(25)), one_class(4))
    assert found.tolist() == [-1, 0, -1, 2]


def test_of_several_kept_rows_the_first_stands():
    found = stand_ins_by_meaning(at_angles(40, 0, 20), np.cos(np.radians(25)), one_class(3))
    assert found.tolist() == [-1, -1, 0]


def test_rows_of_another_class_do_not_stand_for_each_other():
    vectors = at_angles(0, 0, 0, 0)
    assert stand_ins_by_meaning(vectors, 0.9, np.array([0, 1, 0, 1])).tolist() == [-1, -1, 0, 1]


@pytest.mark.parametrize("threshold", [0.75, 0.9])
def test_blocks_give_what_one_row_at_a_time_gives(threshold):
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(BLOCK + 200, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    classes = draw.integers(0, 2, len(vectors))
    found = stand_ins_by_meaning(vectors, threshold, classes)
    exact = vectors.astype(np.float64)
    kept: list[int] = []
    for row in range(len(vectors)):
        near = exact[kept] @ exact[row] >= threshold if kept else np.zeros(0, dtype=bool)
        near &= classes[kept] == classes[row] if kept else near
        assert found[row] == (kept[int(np.argmax(near))] if near.any() else -1)
        if not near.any():
            kept.append(row)
