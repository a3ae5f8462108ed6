import numpy as np
import pytest

from assay.data.dedup.buckets import WIDE, Buckets, Entries


def pairs_of(chunks):
    return [
        pair
        for first, second in chunks
        for pair in zip(first.tolist(), second.tolist(), strict=True)
    ]


def bands(*rows):
    return Buckets.of_bands(np.array(rows, dtype=np.uint64))


def test_rows_with_the_same_hash_in_a_band_are_a_pair_for_each_such_band():
    made = bands([7, 8, 7, 9, 7], [1, 2, 3, 2, 1])
    # Rows 0, 2, 4 in the first band; 0 and 4, 1 and 3 in the second.
    assert sorted(pairs_of(made.chunks())) == [(0, 2), (0, 4), (0, 4), (1, 3), (2, 4)]
    assert made.count() == 5


def test_the_same_hash_in_another_band_is_no_pair():
    assert pairs_of(bands([5, 6], [6, 5]).chunks()) == []
    assert pairs_of(Buckets.of_bands(np.empty((4, 0), dtype=np.uint64)).chunks()) == []


def test_pairs_of_some_rows_and_pairs_between_two_sides():
    made = bands([1, 1, 1, 1])
    some = np.array([True, False, True, True])
    assert sorted(pairs_of(made.only(some).chunks())) == [(0, 2), (0, 3), (2, 3)]
    (between,) = made.between(some, ~some)
    assert sorted(pairs_of(between.chunks())) == [(0, 1), (1, 2), (1, 3)]


def test_a_row_with_a_part_meets_those_that_hold_it_and_not_itself():
    # Row 2 has the part of bucket 0, rows 0 and 2 hold it; nobody holds that of bucket 1.
    left = Entries.from_unsorted(np.array([1, 0]), np.array([1, 2]))
    right = Entries.from_unsorted(np.array([0, 0]), np.array([2, 0]))
    made = Buckets("segments", left, right)
    assert pairs_of(made.chunks()) == [(0, 2)]
    assert made.count() == 2  # with row 2 itself
    first = np.array([True, False, False])
    assert [pairs_of(part.chunks()) for part in made.between(first, ~first)] == [[], [(0, 2)]]


def test_samples_link_all_rows_of_a_wide_bucket_and_leave_narrow_ones(subtests):
    wide = WIDE + 1
    made = bands([1] * wide + [2] * 3)
    for most in (1, 3):
        with subtests.test(most):
            found = pairs_of(made.samples(most))
            # The row after each one in the bucket, the last one's being the first, and so on.
            assert len(set(found)) == most * wide
            reached = {0}
            for _ in range(wide):
                reached |= {row for pair in found if reached & set(pair) for row in pair}
            assert reached == set(range(wide))


def test_of_a_family_only_some_rows_stand_in_a_wide_bucket():
    wide = WIDE + 2
    family = np.arange(wide + 2) % 2
    narrow_too = bands([1] * wide + [2] * 2).limit_per_family(family, 3)
    # The first three of either family, and the narrow bucket as it was.
    assert narrow_too.left.row.tolist() == [0, 1, 2, 3, 4, 5, wide, wide + 1]
    assert narrow_too.same


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_buckets_of_different_parts_stay_apart(order):
    parts = [
        Entries.from_unsorted(np.array([0, 0, 3]), np.array([4, 2, 9])),
        Entries.from_unsorted(np.array([0, 1]), np.array([5, 6])),
    ]
    whole = Entries.concatenate([parts[at] for at in order])
    assert whole.sizes(np.unique(whole.bucket)).tolist() == [[2, 1, 1, 1], [1, 1, 2, 1]][order[0]]
    assert sorted(whole.row.tolist()) == [2, 4, 5, 6, 9]
