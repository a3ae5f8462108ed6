import pytest

from assay.data.pii.names import _name_before, again, name_after, names_by_context, proper, truecase
from assay.data.pii.spans import Span


def uncommon(word):
    return False


def said(text, spans):
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zsófia Kovács-Nagy. I am", "Zsófia Kovács-Nagy"),
        ("J. R. Okonkwo wrote", "J. R. Okonkwo"),
        ("Okonkwo's wife", "Okonkwo"),
        ("Ludwig van Beethoven", "Ludwig van Beethoven"),
        ("Anna\nBerg", "Anna"),
        ("Anna Berg Monday", "Anna Berg"),
        ("the man", ""),
        ("Please call", ""),
    ],
)
def test_a_name_ends_where_a_word_is_none(text, name):
    assert text[: name_after(text, 0)] == name


def test_a_dialogue_names_its_speakers_where_there_are_two():
    talk = "Anna: Hi there\nTomás: Hello\nAnna: Bye"
    spans = names_by_context(talk, one_case=False, common=uncommon)
    assert said(talk, spans) == ["Anna", "Tomás", "Anna"]
    one = "Summe: vier"
    assert list(names_by_context(one, one_case=False, common=uncommon)) == []


def test_a_known_name_is_found_again_whole_or_in_part():
    text = "Berg called. Anna Berg's dog saw Annabel and a berg."
    assert said(text, again(text, {"Anna Berg"})) == ["Berg", "Anna Berg"]


@pytest.mark.parametrize(
    ("text", "cased"),
    [
        ("my name is anna", "my name is Anna"),
        ("CALL ANNA BERG TODAY", "call Anna Berg today"),
        ("Anna and bo", None),
        ("1 2 3", None),
    ],
)
def test_a_text_in_one_case_gets_capitals_letter_for_letter(text, cased):
    assert truecase(text) == cased


def test_a_proper_noun_inside_a_sentence_is_a_person_and_a_shouted_word_is_none():
    text = "then Anna Berg of ACME came"
    nouns = [Span(5, 14, "PROPER"), Span(18, 22, "PROPER"), Span(0, 4, "PERSON")]
    assert said(text, proper(text, nouns, uncommon)) == ["Anna Berg"]
    assert list(proper(text, nouns, lambda word: True)) == []  # words of the dictionary


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zoltan Kovac", "Zoltan Kovac"),
        ("then Anna Maria Berg", "Anna Maria Berg"),
        ("from J. R. Okonkwo", "J. R. Okonkwo"),
        ("the man", ""),
        ("Anna\nBerg", "Berg"),
    ],
)
def test_a_name_begins_with_the_first_of_its_words(text, name):
    assert text[_name_before(text, len(text)) :] == name


@pytest.mark.parametrize(
    ("text", "one_case", "names"),
    [
        ("please tell mr smith baker", True, ["smith"]),
        ("My name is Anna Baker", False, ["Anna Baker"]),  # capitals tell it from the word
    ],
)
def test_a_word_of_the_dictionary_ends_a_name_where_there_are_no_capitals(text, one_case, names):
    found = names_by_context(text, one_case=one_case, common=lambda word: word.lower() == "baker")
    assert said(text, found) == names
