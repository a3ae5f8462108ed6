"""Answer checks: each condition by an answer that keeps it and one that does not."""

import pytest
from pydantic import ValidationError

from assay.tasks.answer_checks import AnswerCheck, count_sentences, count_words

LONG = "Hi Ana, your order is on its way. It's there by 3 p.m. today! Best wishes"


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        ({"starts_with": "hi "}, ()),
        ({"starts_with": ["Dear", "Hello"]}, ("starts_with",)),
        ({"ends_with": ["wishes", "regards"]}, ()),
        ({"ends_with": "!"}, ("ends_with",)),
        ({"contains": ["ana", "ORDER"]}, ()),
        ({"contains": ["ana", "refund"]}, ("contains",)),
        ({"contains_any": ["refund", "order"]}, ()),
        ({"contains_any": "refund"}, ("contains_any",)),
        ({"lacks": "refund"}, ()),
        ({"lacks": ["refund", "ORDER"]}, ("lacks",)),
        ({"matches": [r"^Hi \w+,", r"\d"]}, ()),
        ({"matches": "^hi"}, ("matches",)),
        ({"lacks_match": r"\d\d"}, ()),
        ({"lacks_match": r"[A-Z]na"}, ("lacks_match",)),
        ({"min_words": 17, "max_words": 17}, ()),
        ({"min_words": 18}, ("min_words",)),
        ({"max_words": 16}, ("max_words",)),
        ({"max_sentences": 2, "starts_with": "Dear"}, ("starts_with", "max_sentences")),
    ],
)
def test_all_that_is_given_must_hold(given, fails):
    check = AnswerCheck(**given)
    assert tuple(check.failures(LONG)) == fails
    assert check.holds(LONG) == (not fails)


def test_words_and_sentences_are_counted_as_a_reader_would():
    assert count_words("It's well-known: 3 of 4_5, naïve 日本!") == 8
    assert [
        count_sentences(text) for text in ("", "Yes", "Yes. No", "Wait... what?! v1.2 it is.")
    ] == [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "nothing is checked"),
        ({"contains": [""]}, "contains: an empty text"),
        ({"matches": "("}, "is no pattern"),
        ({"min_words": 9, "max_words": 3}, "min_words: 9 is more than max_words: 3"),
        ({"starts": "Hi"}, "starts"),
    ],
)
def test_a_check_that_cannot_be_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        AnswerCheck(**given)


@pytest.mark.parametrize(("name", "least"), [("min", 0), ("max", 1)])
@pytest.mark.parametrize("what", ["words", "sentences"])
def test_no_least_length_may_be_written_down_and_no_length_may_be_negative(name, least, what):
    key = f"{name}_{what}"
    assert getattr(AnswerCheck(contains="hi", **{key: least}), key) == least
    with pytest.raises(ValidationError, match=key):
        AnswerCheck(contains="hi", **{key: least - 1})
