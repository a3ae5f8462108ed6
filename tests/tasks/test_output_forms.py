import json

import pytest

from assay.core.errors import ModelError
from assay.core.types import Form
from assay.tasks.output_forms import (
    CHOICES,
    CODES,
    DEEPEST,
    LARGEST,
    choices,
    dump_form,
    endless,
    grammar,
    read,
)
from helpers.problems import problem

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def fits(form, text):
    """Whether the whole text fits, by the library that reads the grammar, a byte a token."""
    from llguidance import LLMatcher, LLTokenizer

    matcher = LLMatcher(LLTokenizer("byte"), grammar(form))
    return matcher.try_consume_tokens(list(text.encode())) == len(text) and matcher.is_accepting()


def test_a_form_comes_back_as_the_project_file_says_it(tmp_path):
    for value in (
        {"json": SCHEMA},
        {"regex": "[0-9]+"},
        {"grammar": 'start: "a" | "b"'},
        {"choice": ["yes", "no"]},
    ):
        assert dump_form(read(value, tmp_path)) == value


def test_a_file_is_read_beside_the_project_and_its_white_space_means_nothing(tmp_path):
    (tmp_path / "city.json").write_text(json.dumps(SCHEMA, indent=4))
    assert read({"json": "city.json"}, tmp_path) == read({"json": SCHEMA}, tmp_path)
    (tmp_path / "ab.lark").write_text('start: "a" | "b"')
    assert read({"grammar": "ab.lark"}, tmp_path) == read({"grammar": 'start: "a" | "b"'}, tmp_path)


def test_a_grammar_takes_what_the_form_says_and_nothing_else():
    digits = Form("regex", r"\d{2}")
    assert fits(digits, "42")
    assert not fits(digits, "4") and not fits(digits, "421") and not fits(digits, "4a")
    said = Form("json", json.dumps({**SCHEMA, "additionalProperties": False}))
    assert fits(said, '{"city": "Oslo"}') and fits(said, '{\n  "city": "Oslo"\n}')
    assert not fits(said, '{"town": "Oslo"}') and not fits(said, '{"city": 3}')
    # White space between parts is a line break and an indent, not a page.
    assert not fits(said, "{" + " " * 40 + '"city": "Oslo"}')


def test_choices_are_texts_without_white_space_around_them_each_once():
    assert choices(Form("choice", '[" yes", "no", "yes"]')) == ["yes", "no"]
    assert grammar(Form("choice", '["yes"]')) == ""


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"regex": "(?=a)b"}, "M057"),  # look-ahead
        ({"regex": "("}, "M057"),
        ({"regex": 3}, "M057"),
        ({"grammar": "begin: x"}, "M058"),
        ({"grammar": "gone.lark"}, "M058"),
        ({"json": "gone.json"}, "M056"),
        ({"json": "[]"}, "M056"),
        ({"json": "{"}, "M056"),
        ({"json": {"$ref": "#"}}, "M056"),
        ({"json": {"type": "array", "uniqueItems": True}}, "M056"),
        ({"choice": []}, "M059"),
        ({"choice": ["a", 1]}, "M059"),
        ({"choice": [f"{i}" for i in range(CHOICES + 1)]}, "M059"),
        ({"xml": "x"}, "M060"),
        ({"json": SCHEMA, "regex": "x"}, "M060"),
        ("x", "M060"),
    ],
)
def test_what_is_no_form_is_refused_with_its_code(tmp_path, value, code):
    with problem(ModelError, code):
        read(value, tmp_path)


@pytest.mark.parametrize("kind", ["regex", "json", "grammar", "choice"])
def test_a_form_that_is_too_large_is_not_read(kind):
    with problem(ModelError, CODES[kind], None, f"{LARGEST[kind]:,}"):
        grammar(Form(kind, "x" * (LARGEST[kind] + 1)))


def test_a_schema_may_be_so_deep_and_no_deeper(tmp_path):
    def nested(depth):
        return {"properties": {"a": nested(depth - 2)}} if depth > 1 else {"type": "string"}

    # An object in properties is two brackets deeper.
    assert read({"json": nested(DEEPEST - 1)}, tmp_path)
    with problem(ModelError, "M056", None, f"{DEEPEST}"):
        read({"json": nested(DEEPEST + 1)}, tmp_path)


def test_a_reference_that_goes_in_no_circle_but_through_an_object_ends():
    # A tree of nodes refers to itself inside a property: every answer is finite.
    assert endless({"properties": {"child": {"$ref": "#"}}}) == ""
    assert endless({"$ref": "#"}) == "#"
    assert endless({"anyOf": [{"type": "string"}, {"$ref": "#"}]}) == "#"
    circle = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}}
    assert endless(circle) in ("#/$defs/a", "#/$defs/b")
    assert endless({"$ref": "#/$defs/x~1y", "$defs": {"x/y": {"$ref": "#/$defs/x~1y"}}})
    assert endless({"$ref": "https://elsewhere.example/schema"}) == ""
