import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.core.types import Document, Example, Message
from assay.data.text_similarity import (
    MOST_EDITS,
    edit_similarity,
    edits,
    jaccard,
    key_of,
    normal,
    shingles,
    sketch,
)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Where's my card?", "where s my card"),
        ("  WHERE -- is\tit \n", "where is it"),
        ("Ｆｕｌｌ width ①", "full width 1"),
        ("Größe", "größe"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_normal_form(text, same):
    assert normal(text) == same


@given(st.text())
def test_normal_form_of_a_normal_form_is_itself(text):
    assert normal(normal(text)) == normal(text)


def test_the_same_question_about_another_passage_is_another_key():
    def ask(*passages):
        documents = tuple(Document(str(n), text) for n, text in enumerate(passages))
        return Example("a", (Message("user", "Who won?"),), "x", context=documents)

    assert key_of(ask("The fox won.")) != key_of(ask("The owl won."))
    assert key_of(ask("The fox won.")) == key_of(ask("the fox WON"))


def test_shingles_by_hand():
    assert shingles("ab") == {" a", "ab", "b ", " ab", "ab "}
    # {" a","ab","b "," ab","ab "} and {" a","ac","c "," ac","ac "} share one of nine.
    assert jaccard("ab", "ac") == pytest.approx(1 / 9)


def osa(a, b):
    """Optimal string alignment by the full table (the textbook recurrence)."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            swap = i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                *([table[i - 2][j - 2] + 1] if swap else []),
            )
    return table[-1][-1]


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_edits_are_the_textbook_distance_up_to_two(first, second):
    assert edits(first, second) == min(osa(first, second), MOST_EDITS + 1)


def test_sketches_of_two_edits_differ_in_twelve_bits_at_most():
    draw = random.Random(1)
    for _ in range(2000):
        text = "".join(draw.choice("abcdefgh ") for _ in range(40))
        other = text
        for _ in range(2):
            at = draw.randrange(len(other) - 1)
            other = draw.choice(
                (
                    other[:at] + other[at + 1] + other[at] + other[at + 2 :],
                    other[:at] + "z" + other[at:],
                    other[:at] + other[at + 1 :],
                )
            )
        assert (sketch(text) ^ sketch(other)).bit_count() <= 12


def test_short_words_are_not_taken_for_slips():
    assert edit_similarity("lost card", "lose card") == 0
    assert edit_similarity("my lost card", "my lsot card") == pytest.approx(1 - 1 / 12)
    assert edit_similarity("where is my new card", "wher is my new cardd") == pytest.approx(
        1 - 2 / 20
    )
