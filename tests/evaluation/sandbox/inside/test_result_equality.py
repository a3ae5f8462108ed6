"""Which results of queries are alike."""

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assay.evaluation.sandbox.inside.result_equality import alike


def test_rows_count_as_often_as_they_occur_and_in_order_where_it_was_asked_for():
    assert alike([(1,), (2,), (2,)], [(2,), (1,), (2,)], ordered=False)
    assert not alike([(1,), (2,), (2,)], [(2,), (1,), (1,)], ordered=False)
    assert not alike([(1,), (2,)], [(2,), (1,)], ordered=True)
    assert alike([], [], ordered=True) and not alike([(1,)], [], ordered=False)
    assert alike([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], ordered=True)  # columns in any order
    assert not alike([(1, 2), (3, 4)], [(1, 4), (3, 2)], ordered=False)
    assert alike([(1,)], [(1.0,)], ordered=False) and not alike([(1,)], [("1",)], ordered=False)


cells = st.integers(0, 2) | st.sampled_from(["a", None])


@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[cells] * n), min_size=1, max_size=5)),
    st.randoms(),
)
def test_the_search_for_columns_finds_what_trying_all_orders_finds(rows, random):
    other = [
        tuple(random.choice(row) for _ in row) if random.random() < 0.2 else row for row in rows
    ]
    order = list(range(len(rows[0])))
    random.shuffle(order)
    other = [tuple(row[i] for i in order) for row in other]
    orders = itertools.permutations(range(len(rows[0])))
    tried = [[tuple(row[i] for i in one) for row in other] for one in orders]
    assert alike(rows, other, ordered=True) == any(one == rows for one in tried)
    assert alike(rows, other, ordered=False) == any(Counter(one) == Counter(rows) for one in tried)
