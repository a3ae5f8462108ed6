import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.data.pii.normalised import close_gaps, fold


@given(st.text())
def test_each_place_of_the_plain_text_leads_to_the_original(text):
    for view in (fold(text), close_gaps(fold(text))):
        if view is not None:
            places = [view.span(at, at + 1) for at in range(len(view.text))]
            assert all(end == start + 1 for start, end in places)
            assert [start for start, _ in places] == sorted({start for start, _ in places})


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("call ０３０／１２３", "call 030/123"),  # full width
        ("٤٢ and ४२", "42 and 42"),  # Arabic and Devanagari digits
        ("jо@аcme.com", "jo@acme.com"),  # Cyrillic о and а among Latin letters
        ("мама мыла раму", "мама мыла раму"),  # a word that is Cyrillic all through
        ("a\u00adb\u200bc", "abc"),
        ("ac=\nme.com", "acme.com"),  # a soft line end of quoted-printable
        ("2020–2021\u00a0€", "2020-2021 €"),
    ],
)
def test_what_looks_plain_is_read_as_plain(text, plain):
    assert fold(text).text == plain


def test_a_place_in_the_plain_text_leads_back_over_what_was_left_out():
    text = "to j\u200bо@аcme.com now"
    folded = fold(text)
    start = folded.text.index("jo@")
    assert text[slice(*folded.span(start, start + len("jo@acme.com")))] == "j\u200bо@аcme.com"


def test_a_text_that_was_cut_into_words_is_closed_and_another_is_not():
    cut = fold("write to jo . do @ acme . com , now")
    tight = close_gaps(cut)
    assert "jo.do@acme.com" in tight.text
    start = tight.text.index("jo.")
    assert cut.text[slice(*tight.span(start, start + 14))] == "jo . do @ acme . com"
    assert close_gaps(fold("jo.do@acme.com, at 5 - or 6")) is None
