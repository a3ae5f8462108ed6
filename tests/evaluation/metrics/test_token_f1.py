"""F1 over words, by hand and by SQuAD's own rule."""

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.evaluation.metrics.token_f1 import overlap
from assay.evaluation.scoring import judge
from helpers.answer_records import ANSWER, record, squad

ascii_text = st.text(alphabet=string.ascii_letters + string.digits + " .,-'$%the", max_size=40)


@given(ascii_text, ascii_text)
def test_free_answers_agree_with_squad_on_ascii(first, second):
    ours, theirs = squad(first).split(), squad(second).split()
    common = sum((Counter(ours) & Counter(theirs)).values())
    if ours and theirs:
        precision, recall = common / len(ours), common / len(theirs)
        expected = 2 * precision * recall / (precision + recall) if common else 0.0
    else:
        expected = float(ours == theirs)
    assert overlap(first, second) == pytest.approx(expected)


def test_values_known_by_hand():
    free = judge([record("the cat sat", "a cat sat down", also=("dog",))], ANSWER)
    assert free.values["exact_match"] == 0
    assert free.values["token_f1"] == pytest.approx(2 * 2 / (3 + 2))


def test_of_chinese_each_character_counts():
    """As in MLQA's scorer for Chinese."""
    assert overlap("北京大学", "北京大学。") == 1
    assert overlap("在北京大学", "北京大学") == pytest.approx(2 * 4 / 9)
    assert overlap("大阪", "北京") == 0
