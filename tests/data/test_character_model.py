import math

import pytest

from assay.data.character_model import surprise


def test_letters_that_others_use_alike_cost_fewer_bits():
    bits = surprise(["the card is lost"] * 50 + ["zqxj vkwp"])
    assert bits[0] < 0.5 < 4 < bits[-1]


def test_a_row_without_others_knows_nothing_of_its_letters():
    # Judged without its own counts, all symbols are alike: the letters a, b, c, one place for rarer
    # ones, and the end.
    assert surprise(["abcab"]) == pytest.approx([math.log2(5)])


def test_bits_by_hand():
    # Symbols are `a`, the end and a place for rarer letters. The other row has one `a` and one end:
    # p(a) = (1 + 1) / (2 + 3) = 0.4, after the end (1 + 4 * 0.4) / (1 + 4) = 0.52, and at the
    # beginning of a text (1 + 4 * 0.52) / (1 + 4) = 0.616; the end after `a` has the same.
    assert surprise(["a", "a"]) == pytest.approx([-math.log2(0.616)] * 2)


def test_what_all_others_say_too_still_has_a_probability_below_one():
    assert 0 < surprise(["the card is lost"] * 50)[0] < 0.2


def test_case_digits_and_marks_say_nothing():
    plain = surprise(["where is my card", "my card is lost", "zqxj"])
    assert surprise(["Where is my CARD??", "my card -- is lost 24", "(zqxj)"]).tolist() == (
        plain.tolist()
    )


def test_a_text_without_letters_is_no_number():
    first, second = surprise(["where is my card", "24 / 7 ?"])
    assert first > 0 and math.isnan(second)
