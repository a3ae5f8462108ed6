"""An answer that ends has its form, whatever the model would rather say."""

import json
import re

import jsonschema
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from assay.core.errors import ModelError
from assay.core.types import Decoding, Form, Message
from helpers.nights import nightly_but

SYSTEM = Message("system", "Answer the question.")
PROMPTS = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then", "a", "plastic", "grass")
]
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 4},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "tags": {"type": "array", "items": {"enum": ["a", "b", None, 3]}, "maxItems": 2},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


def of(kind, text, **more):
    return Decoding(form=Form(kind, text if isinstance(text, str) else json.dumps(text)), **more)


def answers(model, how, limit=300):
    """Those that are whole."""
    return [
        answer
        for answer in model.generate(PROMPTS, max_tokens=limit, how=how)
        if not answer.truncated
    ]


# --- schemas --------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_every_answer_fits_the_schema(model, temperature):
    whole = answers(model, of("json", PERSON, temperature=temperature, seed=2))
    assert len(whole) == len(PROMPTS)
    for answer in whole:
        jsonschema.validate(json.loads(answer.text), PERSON)
    assert temperature == 0 or len({answer.text for answer in whole}) > 1


def whole_numbers(low, more):
    return {"type": "integer", "minimum": low, "maximum": low + more}


def record(fields):
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields),
        "additionalProperties": False,
    }


VALUES = some.one_of(some.text(max_size=4), some.integers(-5, 5))
FLAT = some.one_of(
    some.sampled_from([{"type": "boolean"}, {"type": "null"}]),
    some.builds(whole_numbers, some.integers(-99, 99), some.integers(0, 50)),
    some.builds(lambda n: {"type": "string", "maxLength": n}, some.integers(0, 5)),
    some.builds(lambda values: {"enum": values}, some.lists(VALUES, min_size=1, max_size=3)),
)


def schemas(depth=2):
    if not depth:
        return FLAT
    inner = schemas(depth - 1)
    names = some.text('abc é"\\', min_size=1, max_size=3)
    return some.one_of(
        FLAT,
        some.builds(
            lambda item, n: {"type": "array", "items": item, "maxItems": n},
            inner,
            some.integers(0, 2),
        ),
        some.builds(record, some.dictionaries(names, inner, max_size=2)),
        some.builds(lambda options: {"anyOf": options}, some.lists(inner, min_size=1, max_size=2)),
    )


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 3)
@given(schema=schemas(), seed=some.integers(0, 99))
def test_answers_of_any_small_schema_parse_and_validate(model, schema, seed):
    for answer in answers(model, of("json", schema, temperature=1.0, seed=seed), limit=200):
        jsonschema.validate(json.loads(answer.text), schema)


def test_a_form_that_does_not_end_in_time_is_truncated(model):
    (answer, *_) = model.generate(PROMPTS, max_tokens=5, how=of("json", PERSON))
    assert answer.truncated and answer.tokens == 5
    assert answer.text.startswith("{")


# --- expressions, grammars, choices ---------------------------------------------------------------


REGEXES = (
    r"[0-9]{3}-[0-9]{2}",
    r"(yes|no)( maybe)?",
    r"\d+(\.\d{1,2})? (EUR|USD)",
    " padded ",
    "(é|漢|🙂){2}",
    r"a{1,20}",
    r"/\w{1,3}/",
    "a\nb",
    "",
)


@pytest.mark.parametrize("regex", nightly_but(REGEXES[2:5] + REGEXES[7:], REGEXES))
def test_an_answer_matches_the_whole_expression(model, regex):
    for temperature in (0.0, 1.3):
        whole = answers(model, of("regex", regex, temperature=temperature), limit=40)
        assert whole
        for answer in whole:
            assert re.fullmatch(regex, answer.text), answer.text


def test_an_answer_follows_the_grammar(model):
    grammar = 'start: sum\nsum: NUM | NUM "+" sum\nNUM: /[0-9]{1,2}/\n'
    for answer in answers(model, of("grammar", grammar, temperature=1.0)):
        assert re.fullmatch(r"[0-9]{1,2}(\+[0-9]{1,2})*", answer.text)


@pytest.mark.parametrize(
    "options", [["card", "card lost", "refund"], ["only"], ["a", " b ", "漢字", "a b"]]
)
def test_a_choice_is_one_of_the_texts(model, options):
    texts = [option.strip() for option in options]
    for temperature in (0.0, 2.0):
        whole = answers(model, of("choice", options, temperature=temperature), limit=12)
        assert len(whole) == len(PROMPTS)
        assert {answer.text for answer in whole} <= set(texts)


def test_a_choice_of_one_is_certain_to_be_written(model):
    for answer in answers(model, of("choice", ["refund"]), limit=12):
        assert answer.text == "refund"
        assert answer.tokens == len(model.chat.answer("refund"))


def test_what_fits_already_is_not_changed(model):
    free = model.generate(PROMPTS, max_tokens=8)
    for prompt, answer in zip(PROMPTS, free, strict=True):
        (same,) = model.generate([prompt], max_tokens=8, how=of("regex", r"(.|\n)*"))
        # The model may want to write a control token or half a character; a form lets it do
        # neither.
        if "\ufffd" not in answer.text and len(model.chat.text_ids(answer.text)) == answer.tokens:
            assert same.text.strip() == answer.text
    free = model.generate(PROMPTS, max_tokens=8, how=of("regex", "[a-z ]{1,6}"))
    for prompt, answer in zip(PROMPTS, free, strict=True):
        (same,) = model.generate([prompt], max_tokens=8, how=of("regex", "[a-z ]{1,6}|[A-Z]{0}"))
        assert same == answer


def test_no_control_token_is_written(model):
    grammar = 'start: "a" <|im_start|> "b" | "c"'
    for answer in model.generate(
        PROMPTS, max_tokens=8, how=of("grammar", grammar, temperature=3.0)
    ):
        assert answer.text in ("a", "c")  # "a" cannot go on
        assert answer.truncated == (answer.text == "a")


@pytest.mark.slow
def test_a_stream_has_the_form(model):
    how = of("json", PERSON)
    for prompt, answer in zip(
        PROMPTS, model.generate(PROMPTS, max_tokens=300, how=how), strict=True
    ):
        assert "".join(model.stream(prompt, max_tokens=300, how=how)) == answer.text


def test_a_form_and_a_stop_text_together(model):
    (answer, *_) = model.generate(PROMPTS, max_tokens=200, how=of("json", PERSON, stop=('"age"',)))
    assert '"name"' in answer.text and '"age"' not in answer.text and not answer.truncated


# --- what cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "code", "words"),
    [
        ("json", "{", "M056", "is not JSON (line 1)"),
        ("json", "[1]", "M056", "must be an object"),
        ("json", '{"type": "intege"}', "M056", "Invalid type: intege"),
        ("json", '{"$ref": "http://example.com/x"}', "M056", "retrieving it failed"),
        ("json", '{"$ref": "file:///etc/passwd"}', "M056", "retrieving it failed"),
        ("json", '{"type": "array", "uniqueItems": true}', "M056", "uniqueItems"),
        ("json", '{"enum": []}', "M056", "anyOf is empty"),
        ("json", '{"const": "' + "x" * 17_000 + '"}', "M056", "17,013 bytes; at most 16,384"),
        (
            "json",
            '{"items": ' * 17 + "{}" + "}" * 17,
            "M056",
            "18 brackets inside each other; at most 16",
        ),
        ("json", "[" * 9_000 + "]" * 9_000, "M056", "be used"),
        ("regex", "(a", "M057", "invalid regex"),
        ("regex", "a(?=b)", "M057", "invalid regex"),
        ("regex", "a" * 5_000, "M057", "5,000 bytes; at most 4,096"),
        ("grammar", "start: nothing", "M058", "unknown name"),
        ("grammar", "", "M058", "Empty grammar"),
        ("choice", "yes", "M059", "is not a JSON list"),
        ("choice", "[]", "M059", "0 texts"),
        ("choice", "[1]", "M059", "is not a JSON list"),
    ],
)
def test_what_is_no_form_is_refused_with_a_way_out(model, kind, text, code, words):
    with pytest.raises(ModelError) as raised:
        model.generate(PROMPTS, max_tokens=3, how=of(kind, text))
    (problem,) = raised.value.problems
    assert problem.code == code and words in problem.text + problem.excerpt and problem.help


@pytest.mark.parametrize(
    "regex",
    [
        "(a?){2000}(b|c){2000}",
        "(?:[a-z]{1,1000}){1,1000}",
        "(.*a){30}",
        "(([ab]{0,90}c){0,90}d){0,90}",
    ],
)
def test_a_form_is_followed_or_refused(model, regex):
    """Each of these takes for ever where nothing bounds the work."""
    how = of("regex", regex)
    try:
        answers = model.generate(PROMPTS[:2], max_tokens=4, how=how)
    except ModelError as error:
        assert error.problems[0].code in ("M057", "M061")
    else:
        assert all(answer.tokens for answer in answers)


def test_a_matcher_that_cannot_go_on_is_never_silent(model):
    fitting = model._forms.shape(Form("regex", "[0-9]{3}")).begin()
    with pytest.raises(ModelError) as raised:
        fitting.take(model.chat.text_ids("a")[0])
    assert raised.value.problems[0].code == "M061" and raised.value.problems[0].help


@pytest.mark.real
def test_a_real_model_fills_in_a_schema(one_thread):
    from assay.models.loading.find import find
    from assay.models.open import load_model

    model = load_model(find("smollm2-135m"), "fp32")
    asked = [
        (Message("system", "Answer in JSON."), Message("user", "What is the capital of France?"))
    ]
    schema = {"type": "object", "properties": {"capital": {"type": "string"}},
        "required": ["capital"],
              "additionalProperties": False}  # fmt: skip
    (answer,) = model.generate(asked, max_tokens=40, how=of("json", schema))
    assert json.loads(answer.text) == {"capital": "Paris"}
    assert torch.isfinite(torch.tensor(answer.logprob))
