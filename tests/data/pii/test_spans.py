from hypothesis import given
from hypothesis import strategies as st

from assay.data.pii.spans import Span, drop_overlaps, outside

SPANS = st.lists(
    st.builds(
        lambda start, size, kind, sure: Span(start, start + size, kind, sure),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from(("PERSON", "EMAIL")),
        st.integers(0, 3),
    ),
    max_size=8,
)


def test_the_surer_of_two_spans_stays_then_the_longer():
    card, phone, long = Span(5, 21, "CARD", 3), Span(0, 12, "PHONE", 1), Span(0, 30, "ADDRESS", 1)
    assert drop_overlaps([phone, long, card]) == [card]
    assert drop_overlaps([phone, long]) == [long]
    assert drop_overlaps([Span(0, 3, "ORGANISATION"), Span(0, 3, "PERSON")]) == [
        Span(0, 3, "PERSON")
    ]
    assert outside([phone, Span(40, 44, "IP")], [(10, 20)]) == [Span(40, 44, "IP")]


@given(SPANS)
def test_what_stays_overlaps_nothing_whatever_the_order_it_came_in(spans):
    kept = drop_overlaps(spans)
    assert all(one.end <= two.start for one, two in zip(kept, kept[1:], strict=False))
    assert drop_overlaps(spans[::-1]) == kept == drop_overlaps(kept)
    # What was dropped gave way to one that is as sure at least.
    for span in spans:
        assert any(
            one.start < span.end and span.start < one.end and one.sure >= span.sure for one in kept
        )


def test_a_span_that_ends_where_a_taken_place_begins_is_outside():
    spans = [Span(0, 5, "IP"), Span(5, 6, "IP"), Span(9, 12, "IP"), Span(10, 12, "IP")]
    assert outside(spans, [(5, 10)]) == [spans[0], spans[3]]
    assert Span(2, 4, "IP", 3).shift(10) == Span(12, 14, "IP", 3)
