"""What targets are made of: which fields are copied from the text, and how an answer is written of
spans."""

import json

import pytest

from assay.core.types import Example, Message
from assay.core.words import TOKEN
from assay.strategies.tagging.field_schema import (
    TargetFields,
    classes_of,
    learn_fields,
    marks,
    place_of,
    spans_of,
    values_of,
)
from assay.tasks.json_objects import same


def row(text, target):
    return Example(
        "a", (Message("user", text),), target if isinstance(target, str) else json.dumps(target)
    )


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("two", "a table for two", "two"),
        ("two", "twofold", None),  # a part of a word is none
        ("oslo", "to Oslo", "Oslo"),
        ("1200", "it cost $1,200.00 then", "1,200.00"),
        ("a b", "see a\n b", "a\n b"),
        ("$5", "cost:$5!", "$5"),
    ],
)
def test_where_a_value_stands(words, text, found):
    span = place_of(words, text)
    assert (text[slice(*span)] if span else None) == found


ROWS = [
    row("Ann flies to Oslo, terrible!", {"who": "Ann", "to": "OSL", "mood": "bad", "seats": 1}),
    row("Bo flies to Rome", {"who": "Bo", "to": "ROM", "mood": "good", "seats": 1}),
    row("Bo and Cy, 2 seats to Oslo", {"who": "Bo", "to": "OSL", "mood": "good", "seats": 2}),
]


def test_fields_are_copied_where_half_of_their_values_stand_in_the_text():
    got = learn_fields(ROWS)
    assert (got.copied, got.chosen) == (("who",), ("mood", "seats", "to"))
    assert spans_of(ROWS[0], got.copied) == [(0, 3, "who")]
    assert values_of(ROWS[2], ["mood", "none"]) == {"mood": ("good",), "none": ()}
    assert classes_of(ROWS, "mood") == [("good",), ("bad",)]


def test_an_answer_is_an_object_of_its_spans_and_choices_and_comes_back_from_json():
    got = learn_fields(ROWS)
    again = TargetFields.from_json(json.loads(json.dumps(got.to_json())))
    chosen = {"mood": ("good",), "seats": ("2",), "to": ("OSL",)}
    for one in (got, again):
        told = one.answer("Dee to Oslo", [(0, 3, "who")], chosen)
        assert json.loads(told) == {"who": "Dee", "to": "OSL", "mood": "good", "seats": 2}


def test_words_are_written_as_in_train():
    rows = [row(f"from {city}", {"city": city.upper()}) for city in ("Oslo", "Rome", "Bern")]
    got = learn_fields(rows)
    assert same(got.answer("from Paris", [(5, 10, "city")], {}), '{"city": "PARIS"}')
    assert json.loads(got.answer("from Paris", [(5, 10, "city")], {}))["city"] == "PARIS"
    lines = learn_fields([row("from Oslo", "city: Oslo"), row("hm", "none")])
    assert lines.answer("from Paris", [(5, 10, "city")], {}) == "city: Paris"
    assert lines.answer("hm", [], {}) == "none"


def test_tags_of_words():
    text = "Ann Lee met Bo"
    spans = [(0, 7, "person"), (12, 14, "person")]
    bounds = [match.span() for match in TOKEN.finditer(text)]
    assert marks(spans, bounds) == ["B-person", "I-person", "O", "B-person"]


def test_names_inside_a_sentence_without_blanks_are_found_and_tagged():
    text = "2010年任天津一德投资集团公司董事、副总裁。"
    said = row(text, "org: 天津一德投资集团公司 | title: 董事 | title: 副总裁")
    spans = spans_of(said, ["org", "title"])
    assert [text[a:b] for a, b, _ in spans] == ["天津一德投资集团公司", "董事", "副总裁"]
    words = [m.span() for m in TOKEN.finditer(text)]
    assert text[slice(*words[0])] == "2010"
    tags = marks(spans, words)
    assert [tags.count(f"B-{kind}") for kind in ("org", "title")] == [1, 2]
    assert tags.count("I-org") == 9
