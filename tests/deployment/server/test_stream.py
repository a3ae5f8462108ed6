"""A client that leaves frees its place, whenever it leaves; an answer that takes too long ends."""

import asyncio
import json

import httpx2 as httpx
import pytest

from assay.deployment.server.limits import ServerLimits
from assay.deployment.server.stream import Gone, line, while_there
from helpers.hostile_requests import CHAT, CHAT_AT
from helpers.server_requests import LONG, events, post_unread, wait_until


@pytest.mark.slow
def test_a_client_that_leaves_in_mid_stream_frees_its_place(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with client.stream("POST", CHAT_AT, json={**LONG, "stream": True}) as reply:
            lines = reply.iter_lines()
            assert events([next(lines) for _ in range(5)])
        wait_until(lambda: slow_engine.cancelled == 1)
        assert client.post(CHAT_AT, json=CHAT).status_code == 200


@pytest.mark.slow
def test_a_client_that_leaves_before_a_whole_answer_frees_its_place(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with post_unread(url, LONG):
            wait_until(lambda: slow_engine.load().running == 1)
        wait_until(lambda: slow_engine.cancelled == 1)
        wait_until(lambda: slow_engine.load().running == 0)
        assert client.post(CHAT_AT, json=CHAT).status_code == 200


@pytest.mark.slow
def test_a_client_that_leaves_while_it_waits_is_never_answered(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with post_unread(url, LONG) as first:
            wait_until(lambda: slow_engine.load().running == 1)
            with post_unread(url, LONG):
                wait_until(lambda: slow_engine.load().waiting == 1)
            wait_until(lambda: "assay_inside 1.0" in client.get("/metrics").text)
            slow_engine.free.set()
            assert first.recv(100).startswith(b"HTTP/1.1 200")
        wait_until(lambda: slow_engine.cancelled == 1)
        assert "assay_answers_total{" in client.get("/metrics").text


@pytest.mark.slow
def test_an_answer_that_takes_too_long_ends_with_an_error(slow_engine, served):
    with served(slow_engine, ServerLimits(seconds=0.3)) as (url, _):
        reply = httpx.post(url + CHAT_AT, json=LONG)
        assert reply.status_code == 504 and reply.json()["error"]["code"] == "timeout"
        reply = httpx.post(url + CHAT_AT, json={**LONG, "stream": True})
        assert (
            reply.status_code == 200
            and events(reply.text.splitlines())[-1]["error"]["code"] == "timeout"
        )
        assert "[DONE]" not in reply.text
        wait_until(lambda: slow_engine.cancelled == 2)


def test_work_for_a_client_that_has_left_is_cancelled():
    ended = []

    async def leave():
        return {"type": "http.disconnect"}

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    with pytest.raises(Gone):
        asyncio.run(while_there(leave, work()))
    assert ended == [True]


def test_what_was_done_before_the_client_left_is_handed_out():
    async def stay():
        await asyncio.sleep(60)

    async def work():
        return "done"

    assert asyncio.run(while_there(stay, work())) == "done"


def test_an_event_is_one_line_of_json():
    sent = line({"text": "two\nlines"})
    # an empty line ends an event, so that none may stand inside one
    assert sent.startswith(b"data: ") and sent.endswith(b"\n\n") and sent.count(b"\n") == 2
    assert json.loads(sent[6:]) == {"text": "two\nlines"}
