"""A stream says what the whole answer says, and what is handed out was noted before."""

import openai
import pytest

from assay.deployment.server.app import House
from helpers.server_requests import ASKED


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
