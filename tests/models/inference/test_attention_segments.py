import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.models.inference.attention_segments import (
    GAP,
    GRAIN,
    PAIRS,
    TreeLayout,
    cuts,
    runs,
    segment,
)
from assay.models.tokenizer.token_tree import Tree

CPU = torch.device("cpu")
ROWS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1, max_size=5)


def visible(tree, part, before):
    """Query -> the keys that it sees, cached ones first, read from a segment."""
    columns = np.concatenate([np.arange(first, end) for first, end in part.runs])
    return {part.start + at: set(columns[row.numpy()].tolist()) for at, row in enumerate(part.sees)}


def ancestors(tree, before, window):
    """The same, found by walking along each sequence."""
    found = {}
    for path in tree.paths:
        line = [*range(before), *(before + np.asarray(path)).tolist()]
        for at, node in enumerate(np.asarray(path).tolist()):
            own = line[: before + at + 1]
            found[node] = set(own if window is None else own[-window:])
    return found


@given(ROWS, st.sampled_from([0, 3]), st.sampled_from([None, 2, 5]), st.data())
def test_a_segment_sees_the_ancestors_of_its_nodes(rows, before, window, data):
    tree = Tree.of(rows)
    start = data.draw(st.integers(0, len(tree) - 1))
    # In depth-first order: from `start` to the end of what hangs below it.
    stop = data.draw(st.integers(start + 1, max(start + 1, int(tree.end[start]))))
    found = visible(tree, segment(tree, start, stop, window, before, CPU), before)
    wanted = ancestors(tree, before, window)
    assert found == {node: wanted[node] for node in range(start, stop)}


def test_segments_cover_a_tree_once_and_in_order():
    trunk = list(range(80))
    tree = Tree.of([[*trunk, *range(start, start + 300)] for start in (1000, 2000, 3000)])
    layout = TreeLayout(tree, CPU)
    parts = layout.segments(None, 0)
    assert [part.start for part in parts] + [len(tree)] == [0, *(part.stop for part in parts)]
    assert layout.segments(None, 0) is parts  # planned once
    wanted = ancestors(tree, 0, None)
    for part in parts:
        found = visible(tree, part, 0)
        assert found == {node: wanted[node] for node in range(part.start, part.stop)}


def test_cuts_stand_at_branches_and_multiples_of_the_grain_and_keep_to_the_memory():
    depth = np.concatenate([np.arange(1500), np.arange(700, 1400), np.arange(100, 130)])
    bounds = cuts(depth)
    assert bounds == sorted(set(bounds)) and (bounds[0], bounds[-1]) == (0, len(depth))
    branches = {1500, 2200, len(depth)}
    assert all(bound % GRAIN == 0 or bound in branches for bound in bounds)
    for start, stop in zip(bounds, bounds[1:], strict=False):
        rows = stop - start
        assert rows <= GRAIN or rows * (depth[start] + rows) <= PAIRS
    assert cuts(np.arange(5)) == [0, 5]  # a short line is cheapest as one


def test_runs_take_short_gaps_along():
    assert runs(np.array([0, 1, 2])) == ((0, 3),)
    # GAP unseen keys between two seen ones are taken along, one more is not.
    assert runs(np.array([0, GAP + 1])) == ((0, GAP + 2),)
    assert runs(np.array([0, GAP + 2])) == ((0, 1), (GAP + 2, GAP + 3))


def test_a_mask_to_add_hides_what_is_not_seen_for_each_query_of_a_group():
    part = segment(Tree.of([[1, 2], [1, 3]]), 1, 3, None, 0, CPU)
    # Nodes 1, 2, 3: the second and the third are siblings below the first.
    added = part.additive_mask(2, torch.float32)
    inf = float("inf")
    assert added.tolist() == [[[0, 0, -inf], [0, 0, -inf], [0, -inf, 0], [0, -inf, 0]]]
    assert part.additive_mask(2, torch.float32) is added
    with pytest.raises(AttributeError):
        part.start = 0  # a plan is shared by all layers
