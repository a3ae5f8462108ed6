import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assay.models.tokenizer.token_tree import Tree, common

lists = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=9), min_size=1, max_size=12)


@given(lists)
def test_a_tree_is_its_sequences_merged(sequences):
    tree = Tree.of(sequences)
    prefixes = {tuple(s[:n]) for s in sequences for n in range(1, len(s) + 1)}
    assert len(tree) == len(prefixes)
    for sequence, path in zip(sequences, tree.paths, strict=True):
        assert tree.tokens[path].tolist() == sequence
        assert tree.depth[path].tolist() == list(range(len(sequence)))


@given(lists)
def test_the_rule_of_ancestors(sequences):
    tree = Tree.of(sequences)
    node = np.arange(len(tree))
    sees = (node[None] <= node[:, None]) & (node[:, None] < tree.end[None])
    expected = np.zeros_like(sees)
    for path in tree.paths:
        for i, q in enumerate(path):
            expected[q, path[: i + 1]] = True
    assert (sees == expected).all()


def test_the_order_of_the_sequences_changes_nothing_but_the_paths():
    draw = random.Random(2)
    sequences = [[draw.randrange(3) for _ in range(6)] for _ in range(9)]
    order = draw.sample(range(9), 9)
    one, other = Tree.of(sequences), Tree.of([sequences[i] for i in order])
    assert (one.tokens == other.tokens).all()
    assert all((other.paths[place] == one.paths[i]).all() for place, i in enumerate(order))


def test_common_beginnings():
    assert common(np.array([1, 2, 3]), np.array([1, 2, 4, 5])) == 2
    assert common(np.array([1, 2]), np.array([1, 2])) == 2
    assert common(np.array([], dtype=np.int64), np.array([1])) == 0
