"""The public clients work: openai and langchain-openai, against a server on a port."""

import json

import numpy as np
import openai
import pytest
from jsonschema import validate
from prometheus_client.parser import text_string_to_metric_families

from assay.deployment.server.app import House
from assay.deployment.server.limits import ServerLimits
from conftest import letters

KEY = "sk-a-key-of-some-length"
ASKED = [{"role": "user", "content": "the card was stolen"}]


@pytest.fixture
def client(engine, served):
    with (
        served(engine, ServerLimits(keys=(KEY,))) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as made,
    ):
        yield made


def test_chat(client):
    reply = client.chat.completions.create(
        model="tfidf", messages=ASKED, logprobs=True, top_logprobs=2, seed=3
    )
    (choice,) = reply.choices
    assert (
        choice.message.content == "card"
        and choice.message.role == "assistant"
        and choice.finish_reason == "stop"
    )
    assert (
        reply.model == "tfidf" and reply.usage.prompt_tokens == 4 and reply.usage.total_tokens == 5
    )
    (token,) = choice.logprobs.content
    assert (token.token, token.logprob, token.bytes) == ("card", -0.125, list(b"card"))
    assert [one.token for one in token.top_logprobs] == ["card", "other"]


def test_stream_says_the_same_as_the_whole_and_ends_with_the_counts(client):
    whole = client.chat.completions.create(model="long", messages=ASKED, max_tokens=7)
    parts = list(
        client.chat.completions.create(
            model="long",
            messages=ASKED,
            max_tokens=7,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert (
        "".join(part.choices[0].delta.content or "" for part in parts[:-1])
        == whole.choices[0].message.content
    )
    assert parts[0].choices[0].delta.role == "assistant"
    assert [part.choices[0].finish_reason for part in parts[:-1]] == [None] * (len(parts) - 2) + [
        "length"
    ]
    assert parts[-1].choices == [] and parts[-1].usage == whole.usage
    assert all(part.usage is None for part in parts[:-1]) and len({part.id for part in parts}) == 1


def test_streams_of_completions_come_by_index(client):
    parts = list(
        client.completions.create(model="long", prompt=["a", "b"], max_tokens=3, stream=True)
    )
    for index in (0, 1):
        text = "".join(part.choices[0].text for part in parts if part.choices[0].index == index)
        assert text == "one two three "


def test_completions_with_echo_give_the_prompts_own_tokens(client):
    """As `local-completions` of lm-eval reads them: the sum from the context's end to the one
    written token."""
    reply = client.completions.create(
        model="long", prompt="a b c", echo=True, logprobs=1, max_tokens=1
    )
    found = reply.choices[0].logprobs
    assert reply.choices[0].text == "a b cone " and found.tokens == ["a ", "b ", "c", "one "]
    assert found.token_logprobs == [None, -0.5, -0.5, -0.125] and found.text_offset == [0, 2, 4, 5]
    # The chosen token stands among the likeliest, which is how a client sees whether it was the
    # first of them.
    assert found.top_logprobs == [
        None,
        {"x": -0.25, "b ": -0.5},
        {"x": -0.25, "c": -0.5},
        {"one ": -0.125},
    ]


def test_embeddings_as_numbers_and_packed(client):
    texts = ["my card", "my refund"]
    # base64 is what the client asks for by itself
    packed = client.embeddings.create(model="letters", input=texts)
    plain = client.embeddings.create(model="letters", input=texts, encoding_format="float")
    for reply in (packed, plain):
        np.testing.assert_allclose([one.embedding for one in reply.data], letters(texts), rtol=1e-6)
    assert packed.usage.prompt_tokens == 4


def test_models(client):
    assert [one.id for one in client.models.list()] == ["tfidf", "long", "letters"]
    assert client.models.retrieve("long").owned_by == "assay"
    with pytest.raises(openai.NotFoundError, match="did you mean 'tfidf'"):
        client.models.retrieve("tfid")


def test_a_schema_reaches_the_engine(client, engine):
    seen = []
    begin = engine.begin
    engine.begin = lambda wanted, put: (seen.append(wanted), begin(wanted, put))[1]
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    form = {
        "type": "json_schema",
        "json_schema": {"name": "place", "schema": schema, "strict": True},
    }
    client.chat.completions.create(model="tfidf", messages=ASKED, response_format=form)
    client.chat.completions.create(
        model="tfidf", messages=ASKED, response_format={"type": "json_object"}
    )
    assert [one.how.form.kind for one in seen] == ["json", "json"]
    assert json.loads(seen[0].how.form.text) == schema
    validate({"a": 1}, json.loads(seen[1].how.form.text))


def test_errors_come_as_the_clients_own(client):
    with pytest.raises(openai.BadRequestError) as found:
        tool = {"type": "function", "function": {"name": "a", "parameters": {}}}
        client.chat.completions.create(model="tfidf", messages=ASKED, tools=[tool])
    assert (found.value.code, found.value.param) == ("unsupported_parameter", "tools")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-wrong").models.list()
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="gpt-4", messages=ASKED)


@pytest.mark.slow
def test_langchain(engine, served):
    from langchain_openai import ChatOpenAI, OpenAIEmbeddings
    from pydantic import SecretStr

    with served(engine, ServerLimits(keys=(KEY,))) as (url, _):
        settings = {"base_url": f"{url}/v1", "api_key": SecretStr(KEY)}
        chat = ChatOpenAI(model="long", max_completion_tokens=3, **settings)
        assert chat.invoke("hello").content == "one two three "
        assert "".join(str(part.content) for part in chat.stream("hello")) == "one two three "
        # Without this setting it sends ids of OpenAI's tokenizer, which mean nothing to another
        # encoder.
        texts = OpenAIEmbeddings(model="letters", check_embedding_ctx_length=False, **settings)
        np.testing.assert_allclose(texts.embed_query("my card"), letters(["my card"])[0], rtol=1e-6)


@pytest.mark.slow
def test_answers_are_noted_and_rated(engine, served):
    noted, rated = [], []

    def rate(row):
        rated.append(row)
        return any(row["id"] == one["id"] for one in noted)

    house = House(log=noted.append, feedback=rate)
    with (
        served(engine, house=house) as (url, _),
        openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client,
    ):
        system = {"role": "system", "content": "be brief"}
        reply = client.chat.completions.create(model="tfidf", messages=[system, *ASKED])
        list(client.completions.create(model="long", prompt="a b", max_tokens=2, stream=True))
        # ids are not text: not noted
        client.completions.create(model="long", prompt=[1, 2], max_tokens=2)
        # read, not asked: not noted
        client.completions.create(model="long", prompt="a", max_tokens=1, echo=True)
        said = {"id": reply.id, "rating": "bad", "correction": "refund"}
        assert client.post("/feedback", body=said, cast_to=object) == {
            "id": reply.id,
            "object": "feedback",
        }
        with pytest.raises(openai.NotFoundError):
            client.post("/feedback", body={**said, "id": "cmpl-" + "0" * 32}, cast_to=object)
    assert [(one["arm"], one["question"], one["answer"], one["finish"]) for one in noted] == [
        ("tfidf", "the card was stolen", "card", "stop"),
        ("long", "a b", "one two ", "length"),
    ]
    assert noted[0]["id"] == reply.id and noted[0]["tokens"] == 1 and rated[0] == said


@pytest.mark.slow
def test_metrics(engine, served):
    with served(engine) as (url, _), openai.OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        client.chat.completions.create(model="tfidf", messages=ASKED)
        list(
            client.chat.completions.create(model="long", messages=ASKED, stream=True, max_tokens=3)
        )
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="tfidf", messages=ASKED, n=2)
        with pytest.raises(openai.NotFoundError):
            client.get("/nowhere", cast_to=object)
        page = client._client.get(f"{url}/metrics").text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    assert found["assay_requests_total", "/v1/chat/completions", "200"] == 2
    assert found["assay_requests_total", "/v1/chat/completions", "400"] == 1
    assert found["assay_requests_total", "other", "404"] == 1
    assert (
        found["assay_answers_total", "tfidf", "stop"]
        == found["assay_answers_total", "long", "length"]
        == 1
    )
    assert found["assay_tokens_total", "long", "written"] == 3
    assert found["assay_first_token_seconds_count", "long"] == 1
    assert found["assay_running",] == found["assay_waiting",] == found["assay_inside",] == 0
    assert found["assay_slots",] == 1 and found["assay_queue",] == 16
