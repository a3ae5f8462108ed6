"""What a request may say: each wrong field is refused by its name, and what clients send by
themselves is taken."""

from helpers.hostile_requests import (
    CHAT,
    CHAT_AT,
    FIELDS,
)
from helpers.server_requests import RIGHT, check_answers, check_refusal, run


def test_fields(ask):
    async def work():
        async with ask(feedback=lambda row: False) as client:
            for wrong, route, fields, status, code in FIELDS:
                body = {
                    name: value
                    for name, value in {**RIGHT[route], **fields}.items()
                    if value is not ...
                }
                reply = await client.post(route, json=body)
                try:
                    check_refusal(reply, status, code)
                except AssertionError as error:
                    raise AssertionError(wrong) from error
            await check_answers(client)

    run(work)


def test_what_the_clients_send_by_themselves_is_taken(ask):
    """Fields with which openai, langchain and lm-eval come; none of them changes the answer."""
    silent = {
        **dict.fromkeys(
            ("tools", "stop", "logit_bias", "stream_options", "functions", "audio", "prediction")
        ),
        **dict.fromkeys(("store", "logprobs", "stream"), False),
        **dict.fromkeys(("n", "temperature", "top_p", "parallel_tool_calls"), 1),
        **dict.fromkeys(("frequency_penalty", "presence_penalty"), 0),
        **dict.fromkeys(("user", "safety_identifier", "prompt_cache_key"), "me"),
        "parallel_tool_calls": True,
        "metadata": {"a": "b"},
        "tool_choice": "none",
        "service_tier": "auto",
        "max_tokens": 100.0,
        "response_format": {"type": "text"},
        "seed": -(2**63),
        "modalities": ["text"],
    }

    async def work():
        async with ask() as client:
            reply = await client.post(CHAT_AT, json={**CHAT, **silent})
            assert reply.status_code == 200, reply.text
            assert reply.json()["choices"][0]["message"]["content"] == "card"
            back = {
                "role": "assistant",
                "content": "card",
                "refusal": None,
                "tool_calls": None,
                "annotations": [],
            }
            more = [
                {"role": "developer", "content": "be brief"},
                *CHAT["messages"],
                back,
                *CHAT["messages"],
            ]
            assert (await client.post(CHAT_AT, json={**CHAT, "messages": more})).status_code == 200
            parts = [{"type": "text", "text": "card "}, {"type": "text", "text": "stolen"}]
            reply = await client.post(
                CHAT_AT, json={**CHAT, "messages": [{"role": "user", "content": parts}]}
            )
            assert reply.json()["choices"][0]["message"]["content"] == "card"

    run(work)
