"""Which solved rows are shown, and in which order."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Example, Means, Message
from assay.strategies.prompting.example_selection import (
    Picker,
    arrangements,
    diverse,
    sample_rows,
    spread,
)

ANGLES = {"a": 0, "b": 30, "c": 60, "d": 90}
LABELS = ("y", "x")


def row(name, target="x"):
    return Example(name, (Message("user", name),), target)


def at(texts):
    """Texts as directions in the plane; a number is its own angle."""
    turned = np.radians([ANGLES[text] if text in ANGLES else float(text) for text in texts])
    return np.stack([np.cos(turned), np.sin(turned)], 1).astype(np.float32)


POOL = [row("a", "x"), row("b", "y"), row("c", "x"), row("d", "y")]
MEANS = Means(embed=at)


def shown(question, *, k=3, order="drawn", similar=True):
    pool = POOL if similar else POOL[:k]
    vectors = at([r.id for r in pool]) if similar or order.startswith("similar") else None
    picker = Picker(pool, vectors, MEANS, k=k, order=order, labels=LABELS)
    return "".join(example.id for example in picker.of(row(question)))


@pytest.mark.parametrize(
    ("order", "similar", "fixed"),
    [
        ("drawn", "cba", "abc"),
        ("reverse", "abc", "cba"),
        ("similar_last", "cba", "cba"),
        ("similar_first", "abc", "abc"),
        ("by_label", "bca", "bac"),  # y comes first among the labels; within a label as drawn
    ],
)
def test_orders(order, similar, fixed):
    """The question stands at 10 degrees, so a, b, c are nearest to it, in this order."""
    assert shown("10", order=order) == similar
    assert shown("10", order=order, similar=False) == fixed


def test_each_question_has_its_own_examples_and_the_arrangement_moves_them():
    picker = Picker(POOL, at("abcd"), MEANS, k=2, order="similar_first", labels=LABELS)
    picker.look([row("0"), row("85")])
    assert [[e.id for e in picker.of(row(q))] for q in ("0", "85")] == [["a", "b"], ["d", "c"]]
    picker.arrangement = (1, 0)
    assert [e.id for e in picker.of(row("0"))] == ["b", "a"]
    assert not picker.is_fixed


def test_diverse_rows_are_one_of_each_heap_the_largest_first():
    """Three heaps far from each other, of 5, 3 and 2 rows; the middle row of each is nearest to its
    centre."""
    heaps = {0: [-2, -1, 0, 1, 2], 120: [119, 120, 121], 240: [239, 240]}
    names = [str(angle) for angles in heaps.values() for angle in angles]
    pool = [row(name) for name in names]
    found = [example.id for example in diverse(pool, at(names), 3, seed=4)]
    assert found[:2] == ["0", "120"]
    assert found[2] in ("239", "240")
    assert found == [example.id for example in diverse(pool, at(names), 3, seed=4)]


def test_diverse_rows_of_a_pool_of_copies_are_still_k():
    pool = [row("a"), row("a"), row("a"), row("b")]
    found = diverse(pool, at([r.id for r in pool]), 3, seed=0)
    assert [example.id for example in found] == ["a", "b", "a"]
    assert diverse([], at([]), 3, seed=0) == []


@given(st.integers(0, 6), st.integers(1, 24), st.integers(0, 5))
def test_arrangements_differ_and_the_first_changes_nothing(k, count, seed):
    found = arrangements(k, count, seed)
    assert found[0] == tuple(range(k))
    assert len(set(found)) == len(found) == min(count, math.factorial(k))
    assert all(sorted(first) == sorted(second) for first, second in pairwise(found))
    assert found == arrangements(k, count, seed)


POOLS = st.lists(st.sampled_from("abc"), max_size=12).map(
    lambda targets: [
        Example(f"r{i}", (Message("user", f"{i}"),), target) for i, target in enumerate(targets)
    ]
)


@given(POOLS, st.integers(0, 15), st.integers(0, 9))
def test_drawn_rows_are_of_the_pool_and_once(pool, k, seed):
    rows = sample_rows(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    assert {row.id for row in rows} <= {row.id for row in pool}
    assert rows == sample_rows(pool, k, seed)


@given(POOLS, st.integers(0, 15), st.integers(0, 9))
def test_balanced_rows_take_turns(pool, k, seed):
    rows = spread(pool, k, seed)
    assert len({row.id for row in rows}) == len(rows) == min(k, len(pool))
    shown, there = Counter(row.target for row in rows), Counter(row.target for row in pool)
    most = max(shown.values(), default=0)
    # A label is shown less often than another only when it has no more rows, or it was its turn
    # next.
    assert all(shown[label] >= most - 1 or shown[label] == there[label] for label in there)
