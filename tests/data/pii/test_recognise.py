"""What is found in a text, exactly, and what is left."""

import re

from assay.data.pii.kinds import KINDS, OPTIONAL
from assay.data.pii.recognise import _rather_a_person, find_by_pattern, recognise
from assay.data.pii.spans import Span
from assay.data.pii.tagger import NerTagger
from assay.data.steps.anonymise import Anonymise
from helpers.personal_data import found

LEFT = [
    "version 1.2.3.4.5 of 2024",
    "order 4111111111111112",  # wrong check digit
    "between 2019 2020 2021 2022 and 12:30:05",
    "it costs 1,234,567.89 in all",
    "mail jo@acme.example or see https://acme.example/x",
    "from 127.0.0.1 and 2001:db8::1",
    "2024-03-14 and 14/03/2024",
    "chapter 10 verse 12, page 221",
    "the password is required",
    "a b c 1 2 3",
    "",
]


def test_left_alone(subtests):
    for text in LEFT:
        with subtests.test(repr(text)):
            assert found(text) == []


def test_kinds_that_are_not_wanted_are_not_looked_for():
    assert find_by_pattern("jo@acme.com 203.0.113.7", frozenset({"IP"}))[0].kind == "IP"
    assert len(find_by_pattern("jo@acme.com 203.0.113.7", frozenset({"IP"}))) == 1


def test_small_letters_are_no_name_where_names_have_capitals():
    def find(texts):
        return [
            [Span(m.start(), m.end(), "PERSON") for m in re.finditer("(?i)the wren|anna", text)]
            for text in texts
        ]

    tagger = NerTagger(find, lambda word: False)
    (found,) = recognise(["Anna saw the wren fly."], {"PERSON"}, tagger)
    assert [(span.start, span.end) for span in found] == [(0, 4)]


def nothing(texts):
    return [[] for _ in texts]


def test_a_name_that_one_text_of_a_row_gives_away_is_found_in_all_of_them():
    texts = ["Okonkwo is late", "my name is Ada Okonkwo", "who is that?"]
    spans = recognise(texts, {"PERSON"}, NerTagger(nothing, lambda word: False))
    assert [
        [text[span.start : span.end] for span in of] for text, of in zip(texts, spans, strict=True)
    ] == [["Okonkwo"], ["Ada Okonkwo"], []]


def test_what_stands_for_a_datum_already_is_left():
    kinds = frozenset(KINDS)
    text = "write <EMAIL_1> or <PHONE:3fa9c1d2>, pay to GB00 WEST 1234 5698 7654 32"
    assert recognise([text], kinds, None) == [[]]
    assert recognise(["no <FAX> but 203.0.113.7"], kinds, None) == [[Span(13, 24, "IP", 3)]]


def test_all_kinds_but_the_optional_ones_are_looked_for_by_themselves():
    assert Anonymise().kinds == frozenset(KINDS) - set(OPTIONAL)


def test_two_or_three_words_of_no_dictionary_that_pass_for_a_company_are_a_person():
    def person(name, kind="ORGANISATION"):
        return _rather_a_person(name, Span(0, len(name), kind), lambda word: word == "Bank")

    assert person("Anna Berg") and person("Anna Maria Berg")
    for name in ("Nordic Bank", "Acme", "IBM Nordic", "Anna Maria Lund Berg"):
        assert not person(name)
    assert not person("Anna Berg", "PLACE")
