import pytest

from assay.data.pii.phones import national_start
from helpers.personal_data import found

HITS = [
    ("call +44 20 7946 0958 now", "PHONE", "+44 20 7946 0958"),
    ("call +49 (0)30 1234567 now", "PHONE", "+49 (0)30 1234567"),
    ("(212) 555-0187 is mine", "PHONE", "(212) 555-0187"),
    ("212-555-0187x12 is mine", "PHONE", "212-555-0187x12"),
    ("Tel.: 030/1234567", "PHONE", "030/1234567"),
    ("06 12 34 56 78", "PHONE", "06 12 34 56 78"),
    ("phone ( 405 ) 552 - 4665 .", "PHONE", "405 ) 552 - 4665"),
]


def test_found(subtests):
    for text, kind, datum in HITS:
        with subtests.test(repr((text, kind, datum))):
            assert (kind, datum) in found(text)


@pytest.mark.parametrize(
    ("number", "start"),
    [
        # Country codes of ITU-T E.164: +1 North America, +44 Britain, +353 Ireland, +7 Kazakhstan.
        ("+1 212 555 0187", 1),
        ("+7 701 234 5678", 1),
        ("+44 20 7946 0958", 2),
        ("+353 1 234 5678", 3),
        ("+49 (0)30 1234567", 3),  # the trunk 0 in brackets too
        ("0049 30 1234567", 4),
        ("1 212 555 0187", 1),
        ("030 1234567", 1),
        ("212 555 0187", 0),
    ],
)
def test_a_national_number_begins_after_country_code_and_trunk_zero(number, start):
    digits = "".join(filter(str.isdigit, number))
    assert national_start(digits, number.startswith("+")) == start


def test_a_word_before_a_number_says_what_it_is():
    assert found("my phone is 555-0187") == [("PHONE", "555-0187")]
    assert found("it is 555-0187") == []
    assert found("the order 212-555-0187 is late") == []


@pytest.mark.parametrize(
    "text", ["call +44 000 946 0958", "call me: (000) 555-0187", "000-555-0187 office"]
)
def test_no_network_gives_out_numbers_of_three_zeros_nor_is_their_end_one(text):
    assert found(text) == []
