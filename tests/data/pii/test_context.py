import pytest

from assay.data.pii.context import ContextWords

WORDS = ContextWords("card", "tax id", before=12, after=8)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("my Card is 1234", True),
        ("tax id: 1234", True),
        ("I discard it 1234", False),
        ("two cards 1234", False),
        ("card that I lost in May 1234", False),  # 20 characters away
        ("1234 (tax id)", True),
        ("1234 of a lost card", False),
    ],
)
def test_a_whole_word_near_a_number_is_seen(text, near):
    start = text.index("1234")
    assert WORDS.near(text, start, start + 4) is near


def test_behind_a_number_it_is_looked_for_only_when_asked():
    assert not ContextWords("card").near("1234 card", 0, 4)
