"""What crosses between a program and its tests, and what does not."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.evaluation.sandbox.inside.wire import decode, encode

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.sets(st.integers())
        | st.frozensets(st.text())
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner)
    ),
)


@pytest.mark.slow
@given(plain)
def test_plain_values_come_back_as_they_were(value):
    back = decode(json.loads(json.dumps(encode(value))), lambda kind, number: None)
    assert back == value and type(back) is type(value)


def test_what_is_not_plain_is_refused():
    for value in (object(), len, lambda: 1, iter([])):
        with pytest.raises(TypeError):
            encode(value)
    deep: list = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(ValueError, match="deeper"):
        encode(deep)
    assert encode(Decimal("1.50")) == ["D", "1.50"] and encode(Fraction(1, 3)) == ["F", "1/3"]
