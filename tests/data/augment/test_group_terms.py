import pytest

from assay.data.augment.group_terms import (
    GENDER,
    NAMES,
    NATIONALITY,
    ONLY_CAPITALS,
    TERMS,
)


def test_no_word_of_the_groups_swapped_together_stands_in_two_pairs():
    words = [word for pairs in (GENDER, NAMES, NATIONALITY) for pair in pairs for word in pair]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("group", TERMS)
def test_a_term_has_one_counterpart_of_its_group_and_is_not_its_own(group):
    # "catholic" alone has two, an adjective and a noun, and leads back to the adjective.
    words = [word for pair in TERMS[group] for word in pair if word != "catholic"]
    assert len(words) == len(set(words))
    assert all(word == word.casefold() and " " not in word for word in words)


def test_words_known_by_their_capital_are_terms():
    assert {word for pairs in TERMS.values() for pair in pairs for word in pair} >= ONLY_CAPITALS
