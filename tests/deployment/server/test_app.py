"""The routes, asked by the public clients: openai and langchain-openai, over a port."""

import numpy as np
import openai
import pytest

from assay.deployment.server.limits import ServerLimits
from helpers.letters import letters
from helpers.server_requests import ASKED, KEY


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


def test_models(client):
    assert [one.id for one in client.models.list()] == ["tfidf", "long", "letters"]
    assert client.models.retrieve("long").owned_by == "assay"
    with pytest.raises(openai.NotFoundError, match="did you mean 'tfidf'"):
        client.models.retrieve("tfid")


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
