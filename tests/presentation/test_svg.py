"""What plots are drawn with."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.presentation.svg import Axis, badge, frame, glyph, pad_range, text, tick_label, ticks


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_inside(low, span):
    found = ticks(low, low + span)
    assert len(found) <= 11
    assert all(low - span * 1e-6 - 1e-9 <= tick <= low + span * (1 + 1e-6) + 1e-9 for tick in found)


def test_ticks_are_round_numbers():
    assert ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(0.3, 0.3) == [0.3]
    assert ticks(-5, 5) == [-4.0, -2.0, 0.0, 2.0, 4.0]


def test_an_axis_maps_its_ends_to_the_papers_and_what_is_all_the_same_to_one_place():
    axis = Axis(0.2, 0.7, 100, 600)
    assert [round(axis(value), 6) for value in (0.2, 0.45, 0.7)] == [100, 350, 600]
    assert Axis(2, 2, 10, 20)(2) == 10


def test_a_range_has_air_and_scores_stay_scores():
    assert pad_range([0.0, 1.0]) == (0.0, 1.0)
    low, high = pad_range([0.4, 0.6])
    assert (low, high) == pytest.approx((0.38, 0.62))
    assert pad_range([3.0, 3.0])[0] < 3.0 < pad_range([3.0, 3.0])[1]


def test_forms_and_colours_take_turns_so_that_close_arms_differ_in_both():
    drawn = [glyph(mark, 0, 0) for mark in range(24)]
    assert len(set(drawn)) == 24  # 6 forms and 8 colours meet again after 24
    assert all(str(badge(mark)).count("<svg") == 1 for mark in range(24))


def test_words_are_escaped_and_nothing_hides_in_them():
    foul = '<script>&"\x1b\u202e'
    for made in (text(0, 0, foul), str(frame("k", 10, foul, foul, []))):
        assert "<script>" not in made and "\x1b" not in made and "\u202e" not in made
        ElementTree.fromstring(made)


def test_numbers_below_0_have_a_minus_and_no_hyphen():
    assert (tick_label(-0.2), tick_label(40.0)) == ("−0.2", "40")
