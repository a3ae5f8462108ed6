"""Each listed word gives away the name beside it, as its list says."""

import pytest

from assay.data.pii import name_words
from assay.data.pii.names import is_possible_name, name_after, names_by_context


def names_in(text):
    found = names_by_context(text, one_case=False, common=lambda word: False)
    return {(span.kind, text[span.start : span.end]) for span in found}


LISTS = {
    name_words.TITLES: "{} Okonkwo",
    name_words.RELATIONS: "my {} Okonkwo",
    name_words.GREETINGS: "{} Okonkwo,",
    name_words.ENDINGS: "See you soon.\n{},\nOkonkwo",
    name_words.FIELDS: "{}: Okonkwo",
    name_words.VERBS: "Okonkwo {} it",
}


@pytest.mark.parametrize(("listed", "text"), LISTS.items(), ids=LISTS.values())
def test_a_listed_word_gives_the_name_away(listed, text, subtests):
    for word in listed.split():
        with subtests.test(word):
            assert ("PERSON", "Okonkwo") in names_in(text.format(word.replace("-", " ")))


def test_a_phrase_before_a_name_gives_it_away(subtests):
    for phrase in name_words.BEFORE.split("|"):
        with subtests.test(phrase):
            assert ("PERSON", "Okonkwo") in names_in(f"so {phrase} Okonkwo")


def test_a_word_of_companies_makes_one_of_the_name_before_it(subtests):
    for word in [*name_words.COMPANY.split(), *name_words.COMPANY_SHORT.split()]:
        with subtests.test(word):
            assert ("ORGANISATION", f"Okonkwo {word}") in names_in(f"at Okonkwo {word} today")
    assert not names_in("he said so")


def test_a_word_that_is_no_name_ends_one_and_a_particle_stands_in_one():
    assert not any(is_possible_name(word.capitalize()) for word in name_words.NOT_NAMES)
    for particle in name_words.PARTICLES:
        text = f"Ludwig {particle} Okonkwo Monday"
        assert text[: name_after(text, 0)] == f"Ludwig {particle} Okonkwo"
