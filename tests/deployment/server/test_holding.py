"""What a server must bear: clients that leave, that are slow, that come all at once; a stop in the
middle."""

import asyncio
import json
import socket
import threading
import time

import httpx2 as httpx
import pytest

from assay.deployment.server.limits import Keys, Rate, ServerLimits, host_of, same_origin
from helpers.small_engine import SmallEngine

CHAT = {"model": "tfidf", "messages": [{"role": "user", "content": "card stolen"}]}
LONG = {"model": "long", "messages": [{"role": "user", "content": "tell me"}]}
PATH = "/v1/chat/completions"


@pytest.fixture
def slow_engine(arms):
    """Fifty words, of which 45 come when the test says so; one answer at a time, and four may
    wait."""
    made = SmallEngine(arms, queue_size=4, held=5)
    yield made
    made.close(0)


def settled(check):
    until = time.monotonic() + 120  # against a test that hangs
    while not check():
        assert time.monotonic() < until
        time.sleep(0.01)


def sent(url, body):
    """An open connection on which `body` was posted; nothing is read from it."""
    data = json.dumps(body).encode()
    lines = (f"POST {PATH} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    line.sendall("\r\n".join((*lines, f"Content-Length: {len(data)}", "", "")).encode() + data)
    return line


def events(lines):
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.slow
def test_a_client_that_leaves_in_mid_stream_frees_its_place(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with client.stream("POST", PATH, json={**LONG, "stream": True}) as reply:
            lines = reply.iter_lines()
            assert events([next(lines) for _ in range(5)])
        settled(lambda: slow_engine.cancelled == 1)
        assert client.post(PATH, json=CHAT).status_code == 200


@pytest.mark.slow
def test_a_client_that_leaves_before_a_whole_answer_frees_its_place(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with sent(url, LONG):
            settled(lambda: slow_engine.load().running == 1)
        settled(lambda: slow_engine.cancelled == 1)
        settled(lambda: slow_engine.load().running == 0)
        assert client.post(PATH, json=CHAT).status_code == 200


@pytest.mark.slow
def test_a_client_that_leaves_while_it_waits_is_never_answered(slow_engine, served):
    with served(slow_engine) as (url, _), httpx.Client(base_url=url) as client:
        with sent(url, LONG) as first:
            settled(lambda: slow_engine.load().running == 1)
            with sent(url, LONG):
                settled(lambda: slow_engine.load().waiting == 1)
            settled(lambda: "assay_inside 1.0" in client.get("/metrics").text)
            slow_engine.free.set()
            assert first.recv(100).startswith(b"HTTP/1.1 200")
        settled(lambda: slow_engine.cancelled == 1)
        assert "assay_answers_total{" in client.get("/metrics").text


@pytest.mark.slow
def test_five_hundred_at_once_are_answered_or_told_to_wait(slow_engine, served):
    slow_engine.free.set()

    async def ask(client):
        reply = await client.post(PATH, json=CHAT)
        return reply.status_code, reply.headers.get("retry-after"), reply.json()

    async def all_at_once(url):
        limits = httpx.Limits(max_connections=500)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
            return await asyncio.gather(*(ask(client) for _ in range(500)))

    with served(slow_engine) as (url, _):
        found = asyncio.run(all_at_once(url))
        assert {status for status, _, _ in found} <= {200, 429}
        assert all(wait and int(wait) >= 1 for status, wait, _ in found if status == 429)
        right = [body for status, _, body in found if status == 200]
        assert right and all(body["choices"][0]["message"]["content"] == "card" for body in right)
        assert httpx.post(url + PATH, json=CHAT).status_code == 200
        page = httpx.get(url + "/metrics").text
        assert "assay_inside 0.0" in page and "assay_waiting 0.0" in page


@pytest.mark.slow
def test_a_full_queue_says_when_to_come_again(slow_engine, served):
    with served(slow_engine) as (url, _):
        waiting = [
            threading.Thread(
                target=httpx.post, args=(url + PATH,), kwargs={"json": LONG, "timeout": 60}
            )
            for _ in range(5)
        ]
        for thread in waiting:
            thread.start()
        settled(lambda: slow_engine.load().waiting == 4)
        reply = httpx.post(url + PATH, json=CHAT)
        assert reply.status_code == 429 and reply.headers["retry-after"] == "2"
        assert reply.json()["error"]["code"] == "queue_full"
        slow_engine.free.set()
        for thread in waiting:
            thread.join()


@pytest.mark.slow
def test_an_answer_that_takes_too_long_ends_with_an_error(slow_engine, served):
    with served(slow_engine, ServerLimits(seconds=0.3)) as (url, _):
        reply = httpx.post(url + PATH, json=LONG)
        assert reply.status_code == 504 and reply.json()["error"]["code"] == "timeout"
        reply = httpx.post(url + PATH, json={**LONG, "stream": True})
        assert (
            reply.status_code == 200
            and events(reply.text.splitlines())[-1]["error"]["code"] == "timeout"
        )
        assert "[DONE]" not in reply.text
        settled(lambda: slow_engine.cancelled == 2)


@pytest.mark.slow
def test_a_stop_lets_running_answers_end_and_takes_no_new_ones(slow_engine, served):
    with served(slow_engine, grace=60) as (url, server), httpx.Client(base_url=url) as client:
        found = []
        running = threading.Thread(
            target=lambda: found.append(httpx.post(url + PATH, json=LONG, timeout=60))
        )
        running.start()
        settled(lambda: slow_engine.load().running == 1)
        server.stop()
        assert client.get("/ready").status_code == 503 and client.get("/health").status_code == 200
        refused = client.post(PATH, json=CHAT)
        assert refused.status_code == 503 and refused.json()["error"]["code"] == "stopping"
        slow_engine.free.set()
        running.join(60)
        assert found[0].status_code == 200 and found[0].json()["usage"]["completion_tokens"] == 50
        settled(lambda: not alive(url))


@pytest.mark.slow
def test_what_is_not_whole_after_the_grace_is_told_so(slow_engine, served):
    with served(slow_engine, grace=0.5) as (url, server):
        found = []
        with httpx.stream("POST", url + PATH, json={**LONG, "stream": True}, timeout=60) as reply:
            lines = reply.iter_lines()
            assert events([next(lines)])
            waits = threading.Thread(
                target=lambda: found.append(httpx.post(url + PATH, json=LONG, timeout=60))
            )
            waits.start()
            settled(lambda: slow_engine.load().waiting == 1)
            server.stop()
            assert events(lines)[-1]["error"]["code"] == "stopping"
        waits.join(60)
        assert found[0].status_code == 503


def alive(url):
    try:
        return bool(httpx.get(url + "/health", timeout=1))
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_slow_clients_are_let_go_and_others_are_answered_meanwhile(engine, served):
    with served(engine, ServerLimits(slow=0.5)) as (url, _):
        place = ("127.0.0.1", int(url.rpartition(":")[2]))
        silent, drips, stops = (socket.create_connection(place) for _ in range(3))
        drips.sendall(b"GET /health HTTP/1.1\r\nHo")
        head = (
            b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost:"
            b" localhost\r\nContent-Type:"
            b" application/json\r\n"
        )
        stops.sendall(head + b"Content-Length: 100\r\n\r\n{")
        assert httpx.post(url + PATH, json=CHAT).status_code == 200
        for one in (silent, drips):
            one.settimeout(60)
            assert one.recv(100) == b""
        stops.settimeout(60)
        assert stops.recv(100).startswith(b"HTTP/1.1 408")
        for one in (silent, drips, stops):
            one.close()


@pytest.mark.slow
def test_an_idle_connection_stays_beyond_the_time_of_the_headers(engine, served):
    with (
        served(engine, ServerLimits(slow=0.3)) as (url, _),
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as one,
    ):
        for _ in range(2):
            one.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            said = b""
            while not said.endswith(b"}"):
                said += one.recv(4096)
            assert said.startswith(b"HTTP/1.1 200")
            time.sleep(0.6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",  # no Host
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length:"
        b" 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:"
        b" chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_server_goes_on(engine, served, sent):
    with served(engine) as (url, _):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as one:
            one.settimeout(10)
            one.sendall(sent)
            assert one.recv(200)[:12] in (
                b"HTTP/1.1 400",
                b"HTTP/1.1 403",
                b"HTTP/1.1 431",
                b"HTTP/1.1 415",
                b"",
            )
        assert httpx.get(url + "/health").status_code == 200


def test_a_bucket_refills_with_time():
    now = [0.0]
    rate = Rate(60, clock=lambda: now[0])  # one a second, sixty at once
    assert [rate.wait("a") for _ in range(60)] == [0.0] * 60
    assert rate.wait("a") == pytest.approx(1.0) and rate.wait("b") == 0.0
    now[0] = 2.0
    assert rate.wait("a") == rate.wait("a") == 0.0 and rate.wait("a") == pytest.approx(1.0)
    assert Rate(0).wait("a") == 0.0


def test_keys_hosts_and_origins():
    keys = Keys(["one-key-of-some-length", "two"])
    assert (
        keys.caller(b"Bearer two") == "key-1"
        and keys.caller(b"bearer one-key-of-some-length") == "key-0"
    )
    assert keys.caller(b"Bearer tw") is None and keys.caller(b"two") is None and not Keys([])
    assert (
        host_of("localhost:80") == "localhost"
        and host_of("[::1]:80") == "::1"
        and host_of("[::1") == ""
    )
    assert same_origin("http://localhost:80", "localhost:80") and not same_origin(
        "http://localhost", "localhost:80"
    )
    assert not same_origin("null", "") and not same_origin("file://", "")
