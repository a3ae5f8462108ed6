import json

import pytest

from assay.core.answers import Decoding, Form
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.request_body import (
    AROUND,
    answer_of,
    body_of,
    choice_text,
    estimate_tokens,
    find_refused_parameter,
    logprob_of,
    room,
    schema_of,
)
from helpers.remote_models import ask
from helpers.services import reply


def test_the_decoding_is_sent_in_the_words_of_the_service():
    endpoint = Endpoint(url="https://host/v1", model="m")
    how = Decoding(stop=("\n",), temperature=0.7, top_p=0.9, seed=5)
    body = body_of(endpoint, ask("q"), 30, how, 2)
    assert (
        body["temperature"] == 0.7
        and body["top_p"] == 0.9
        and body["stop"] == ["\n"]
        and body["seed"] == 7
    )
    assert body["max_tokens"] == 30 and body["messages"][1] == {"role": "user", "content": "q"}


def test_a_choice_is_a_schema_of_one_field():
    form = Form("choice", '["red", "blue"]')
    assert schema_of(form) == {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": ["red", "blue"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
    assert schema_of(Form("json", '{"type": "array"}')) == {"type": "array"}
    assert schema_of(Form("regex", "a+")) is None


def test_the_log_likelihood_is_the_sum_over_the_written_tokens():
    assert logprob_of({"content": [{"logprob": -0.5}, {"logprob": -0.25}]}) == -0.75
    assert logprob_of({"content": [{"logprob": -0.5}, {"logprob": None}]}) is None
    assert logprob_of(None) is None and logprob_of({"content": []}) is None


CHOICE = Form("choice", '["red", "blue"]')


def test_what_the_service_does_not_take_is_not_in_the_body():
    endpoint = Endpoint(url="https://host/v1", model="m")
    body = body_of(endpoint, ask("q"), 30, Decoding(form=CHOICE), 0)
    assert body["response_format"]["json_schema"]["schema"] == schema_of(CHOICE)
    assert body["max_tokens"] == 30 + AROUND  # braces and quotes need room
    without = {"response_format", "max_tokens", "seed", "logprobs"}
    left = body_of(endpoint, ask("q"), 30, Decoding(form=CHOICE), 0, without)
    assert not without & set(left)
    assert left["max_completion_tokens"] == 30  # an answer without its object


def test_a_long_option_is_never_cut():
    long = Form("choice", json.dumps(["word " * 100]))
    assert room(4, long) > estimate_tokens("word " * 100)
    assert room(4, None) == room(4, Form("regex", "a")) == 4


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("Unknown field: LOGPROBS", "logprobs"),
        ("response_format of type json_schema is not supported", "response_format"),
        ("seed must be positive", "seed"),
        ("this exceeds our temperate limits", ""),
        ("the model does not exist", ""),
        ("top_p is not allowed", ""),  # it was not in the request
    ],
)
def test_a_refusal_is_laid_to_the_parameter_that_it_names(message, name):
    endpoint = Endpoint(url="https://host/v1", model="m")
    body = body_of(endpoint, ask("q"), 3, Decoding(form=CHOICE), 0)
    assert find_refused_parameter(message, body) == name


def test_an_answer_has_the_counts_of_the_service_or_estimates():
    made = answer_of(reply("a b", finish="length"), ask("q"), None)
    assert (made.text, made.prompt_tokens, made.tokens, made.truncated) == ("a b", 10, 2, True)
    for usage in (None, {"prompt_tokens": -1, "completion_tokens": True}):
        guess = answer_of(reply("seven by", usage=usage), ask("q"), None)
        assert guess.tokens == estimate_tokens("seven by") == 3  # 8 bytes at 3.5 a token
        assert guess.prompt_tokens > 0


def test_refusals_are_answers_that_are_marked():
    for value in (reply(None, refusal="I cannot"), reply("par", finish="content_filter")):
        assert answer_of(value, ask("q"), CHOICE).refused
    assert not answer_of(reply("I cannot"), ask("q"), None).refused


def test_text_in_parts_is_put_together():
    value = reply("")
    value["choices"][0]["message"]["content"] = [{"text": "a"}, {"text": None}, {"text": "b"}, 3]
    assert answer_of(value, ask("q"), None).text == "ab"
    assert answer_of({"choices": [None]}, ask("q"), None).text == ""


def test_a_choice_is_the_option_in_its_object_or_the_text_as_it_is():
    assert choice_text(' {"label": "blue"} ', CHOICE) == choice_text('"blue"', CHOICE) == "blue"
    assert choice_text('{"colour": "blue"}', CHOICE) == '{"colour": "blue"}'
    assert choice_text("[" * 100_000, CHOICE) == "[" * 100_000
    assert choice_text(' {"label": "x"}', None) == '{"label": "x"}'
