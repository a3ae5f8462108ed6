"""Who comes in: keys, hosts, origins, sizes, and how many at once. Who does not is told why."""

import asyncio
import socket
import threading
import time

import httpx2 as httpx
import pytest

from assay.deployment.server.limits import ServerLimits
from helpers.hostile_requests import (
    CHAT,
    CHAT_AT,
    GOOD,
    JSON,
    KEYLESS,
    PLACES,
)
from helpers.nights import nightly_but
from helpers.server_requests import KEY, LONG, check_answers, check_refusal, run, wait_until


def test_places(ask):
    async def work():
        async with ask() as client:
            for wrong, method, path, headers, status in PLACES:
                reply = await client.request(method, path, headers=headers)
                try:
                    check_refusal(reply, status)
                except AssertionError as error:
                    raise AssertionError(wrong) from error
                assert "access-control-allow-origin" not in reply.headers
            await check_answers(client)

    run(work)


def test_keys(ask):
    async def work():
        async with ask(ServerLimits(keys=("sk-an-old-key-of-somebody", KEY))) as client:
            for wrong, header in KEYLESS:
                headers = {} if header is None else {"authorization": header}
                for path in ("/v1/models", "/metrics", "/openapi.json", "/nowhere"):
                    reply = await client.get(path, headers=headers)
                    check_refusal(reply, 401, "invalid_api_key")
                    assert reply.headers["www-authenticate"] == "Bearer", wrong
                check_refusal(
                    await client.post(CHAT_AT, json=CHAT, headers=headers), 401, "invalid_api_key"
                )
            for path in ("/health", "/ready"):
                assert (await client.get(path)).status_code == 200
            reply = await client.get("/v1/models", headers={"authorization": f"Bearer {KEY}"})
            assert reply.status_code == 200

    run(work)


def test_two_headers_of_a_kind(ask):
    async def work():
        async with ask(ServerLimits(keys=(KEY,))) as client:
            twice = [("authorization", f"Bearer {KEY}"), ("authorization", "Bearer other")]
            check_refusal(await client.get("/v1/models", headers=twice), 401)
            hosts = [
                ("host", "localhost"),
                ("host", "localhost"),
                ("authorization", f"Bearer {KEY}"),
            ]
            check_refusal(await client.get("/v1/models", headers=hosts), 403)

    run(work)


def test_a_body_without_a_length_is_cut_off_at_the_limit(ask):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    async def work():
        async with ask() as client:
            check_refusal(
                await client.post(CHAT_AT, content=endless(), headers=JSON), 413, "body_too_large"
            )
            check_refusal(
                await client.post(
                    CHAT_AT, content=GOOD, headers={**JSON, "content-length": "9" * 30}
                ),
                413,
            )

    run(work)
    # the client is listened to for a moment, and nothing of it is kept
    assert sent <= (1 + 8) * (1 << 20) + 2 * 65536


@pytest.mark.slow
def test_who_sends_too_much_and_then_listens_is_told_so(served, engine):
    """The connection is not reset over what was still unread, which would take the answer with
    it."""
    body = b" " * (3 << 20)
    lines = (f"POST {CHAT_AT} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", "", "")
    sent = "\r\n".join(lines).encode() + body
    with served(engine) as (address, _):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1]))) as line:
                line.sendall(sent)
                time.sleep(0.2)
                with line.makefile("rb") as said:
                    assert b"body_too_large" in said.read()


def test_a_caller_that_asks_too_often_waits(ask):
    async def work():
        async with ask(ServerLimits(rate=3)) as client:
            found = [await client.get("/v1/models") for _ in range(4)]
            assert [one.status_code for one in found] == [200, 200, 200, 429]
            assert 15 <= int(found[3].headers["retry-after"]) <= 20  # a third of a minute a request
            check_refusal(found[3], 429, "rate_limit_exceeded")
            assert (await client.get("/health")).status_code == 200

    run(work)


@pytest.mark.slow
@pytest.mark.parametrize("clients", nightly_but([150], [150, 500]))
def test_many_at_once_are_answered_or_told_to_wait(slow_engine, served, clients):
    slow_engine.free.set()

    async def ask(client):
        reply = await client.post(CHAT_AT, json=CHAT)
        return reply.status_code, reply.headers.get("retry-after"), reply.json()

    async def all_at_once(url):
        limits = httpx.Limits(max_connections=clients)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            return await asyncio.gather(*(ask(client) for _ in range(clients)))

    with served(slow_engine) as (url, _):
        found = asyncio.run(all_at_once(url))
        assert {status for status, _, _ in found} <= {200, 429}
        assert all(wait and int(wait) >= 1 for status, wait, _ in found if status == 429)
        right = [body for status, _, body in found if status == 200]
        assert right and all(body["choices"][0]["message"]["content"] == "card" for body in right)
        assert httpx.post(url + CHAT_AT, json=CHAT).status_code == 200
        page = httpx.get(url + "/metrics").text
        assert "assay_inside 0.0" in page and "assay_waiting 0.0" in page


@pytest.mark.slow
def test_a_full_queue_says_when_to_come_again(slow_engine, served):
    with served(slow_engine) as (url, _):
        waiting = [
            threading.Thread(
                target=httpx.post, args=(url + CHAT_AT,), kwargs={"json": LONG, "timeout": 60}
            )
            for _ in range(5)
        ]
        for thread in waiting:
            thread.start()
        # Before one runs four may wait, and the fifth is still to come: this would be taken.
        wait_until(lambda: slow_engine.load().running == 1 and slow_engine.load().waiting == 4)
        reply = httpx.post(url + CHAT_AT, json=CHAT, timeout=60)
        assert reply.status_code == 429 and reply.headers["retry-after"] == "2"
        assert reply.json()["error"]["code"] == "queue_full"
        slow_engine.free.set()
        for thread in waiting:
            thread.join()
