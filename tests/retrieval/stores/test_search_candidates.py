"""The rows that are handed over have the nearest among them, whatever blocks they lie in."""

import numpy as np
import pytest

from assay.retrieval.stores.search_candidates import FEW, candidates


def units(count, seed):
    rows = np.random.default_rng(seed).standard_normal((count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def in_blocks(vectors, *ends):
    return [
        (start, vectors[start:end])
        for start, end in zip((0, *ends), (*ends, len(vectors)), strict=True)
    ]


@pytest.mark.parametrize("wanted", [range(200), range(0, 200, 2), range(0, 200, 2 * FEW), [150]])
@pytest.mark.parametrize("top", [1, 5, 500])
def test_the_nearest_are_among_them_and_nothing_that_is_not_wanted(wanted, top):
    vectors, queries = units(200, 0), units(3, 1)
    rows = np.array(wanted)
    found = candidates(queries, top, rows, in_blocks(vectors, 70, 71, 140))
    for query, (near, own) in zip(queries, found, strict=True):
        best = rows[np.argsort(-(vectors[rows] @ query), kind="stable")[:top]]
        assert set(best.tolist()) <= set(near.tolist()) <= set(rows.tolist())
        assert np.array_equal(own, vectors[near])
        assert len(near) == min(top, len(rows)), "without ties there are no more than asked for"


def test_all_that_tie_with_the_last_are_handed_over():
    vectors = np.repeat(units(2, 0), [1, 30], axis=0)
    ((near, _),) = candidates(vectors[:1], 2, np.arange(31), in_blocks(vectors, 10))
    assert near.tolist() == list(range(31))


def test_where_nothing_is_wanted_nothing_is_found():
    vectors, nothing = units(5, 0), np.zeros(0, dtype=np.int64)
    found = list(candidates(vectors[:2], 3, nothing, in_blocks(vectors)))
    assert [(len(near), own.shape) for near, own in found] == [(0, (0, 8))] * 2
