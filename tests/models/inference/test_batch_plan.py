import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.models.inference.batch_plan import Padded, by_length, common_prefix, repeat_cache

LENGTHS = st.lists(st.integers(0, 60), max_size=30)


@pytest.mark.parametrize(
    ("sequences", "shared"),
    [
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6]], 4),
        ([[1, 2, 3, 4, 5], [1, 2, 3, 9, 6]], 0),  # three tokens are not worth a cache
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]], 4),  # each keeps one token of its own
        ([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]], 4),
        ([[1, 2, 3, 4, 5, 6]], 0),  # one row has nobody to share with
        ([[1, 2, 3, 4, 5], [1, 2, 3, 4, 6], [7, 2, 3, 4, 5]], 0),
    ],
)
def test_common_prefix(sequences, shared):
    assert common_prefix(sequences) == shared


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=12), min_size=2, max_size=6))
def test_a_common_prefix_is_one(sequences):
    shared = common_prefix(sequences)
    assert len({tuple(sequence[:shared]) for sequence in sequences}) == 1
    assert all(len(sequence) > shared for sequence in sequences)


@given(LENGTHS, st.integers(1, 100), st.integers(0, 9))
def test_every_row_is_in_one_batch_and_no_batch_of_several_is_over_its_budget(
    lengths, budget, extra
):
    batches = by_length(lengths, budget, extra)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        cost = len(batch) * (max(lengths[row] for row in batch) + extra)
        assert cost <= budget or len(batch) == 1


def test_batches_hold_rows_of_like_length():
    assert by_length([3, 9, 3, 8], 18) == [[1, 3], [0, 2]]


def test_rows_are_padded_on_the_left_and_keep_their_positions():
    rows = Padded.of([[5, 6, 7], [8]], start=10, pad=0, device=torch.device("cpu"))
    assert rows.ids.tolist() == [[5, 6, 7], [0, 0, 8]]
    assert rows.real.tolist() == [[True, True, True], [False, False, True]]
    assert rows.depth[rows.real].tolist() == [10, 11, 12, 10]


def test_a_repeated_cache_is_a_copy(open_tiny):
    model = open_tiny()
    cache = model.beginning([5, 6, 7, 8]).cache
    assert repeat_cache(None, 3) is None
    grown = repeat_cache(cache, 3)
    keys = grown.layers[0].keys
    assert keys.shape[0] == 3
    assert torch.equal(keys[0], cache.layers[0].keys[0])
    assert torch.equal(keys[0], keys[2])
    keys.zero_()
    assert cache.get_seq_length() == 4
    assert cache.layers[0].keys.abs().sum() > 0
