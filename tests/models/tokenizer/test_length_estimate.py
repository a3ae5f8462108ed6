from hypothesis import given
from hypothesis import strategies as st

from assay.models.tokenizer.length_estimate import quantiles


def test_quantiles_of_a_hundred_lengths():
    # 1 to 100, shuffled: half are below 51, ninety-five below 96.
    lengths = [(i * 37) % 100 + 1 for i in range(100)]
    assert quantiles(lengths) == {"min": 1, "median": 51, "p95": 96, "max": 100}
    assert quantiles([7]) == {"min": 7, "median": 7, "p95": 7, "max": 7}
    assert set(quantiles([]).values()) == {0}


@given(st.lists(st.integers(0, 99), min_size=1))
def test_quantiles_are_lengths_and_rise(lengths):
    found = list(quantiles(lengths).values())
    assert found == sorted(found) and set(found) <= set(lengths)
    assert (found[0], found[-1]) == (min(lengths), max(lengths))
