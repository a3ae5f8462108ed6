"""What a socket must bear: clients that are slow or speak no HTTP, and a stop in the middle."""

import socket
import threading
import time

import httpx2 as httpx
import pytest

from assay.core.errors import ResourceError
from assay.deployment.server.limits import ServerLimits
from helpers.hostile_requests import CHAT, CHAT_AT
from helpers.problems import problem
from helpers.server_requests import LONG, events, wait_until


@pytest.mark.slow
def test_a_stop_lets_running_answers_end_and_takes_no_new_ones(slow_engine, served):
    with served(slow_engine, grace=60) as (url, server), httpx.Client(base_url=url) as client:
        found = []
        running = threading.Thread(
            target=lambda: found.append(httpx.post(url + CHAT_AT, json=LONG, timeout=60))
        )
        running.start()
        wait_until(lambda: slow_engine.load().running == 1)
        server.stop()
        assert client.get("/ready").status_code == 503 and client.get("/health").status_code == 200
        refused = client.post(CHAT_AT, json=CHAT)
        assert refused.status_code == 503 and refused.json()["error"]["code"] == "stopping"
        slow_engine.free.set()
        running.join(60)
        assert found[0].status_code == 200 and found[0].json()["usage"]["completion_tokens"] == 50
        wait_until(lambda: not alive(url))


@pytest.mark.slow
def test_what_is_not_whole_after_the_grace_is_told_so(slow_engine, served):
    with served(slow_engine, grace=0.5) as (url, server):
        found = []
        with httpx.stream(
            "POST", url + CHAT_AT, json={**LONG, "stream": True}, timeout=60
        ) as reply:
            lines = reply.iter_lines()
            assert events([next(lines)])
            waits = threading.Thread(
                target=lambda: found.append(httpx.post(url + CHAT_AT, json=LONG, timeout=60))
            )
            waits.start()
            wait_until(lambda: slow_engine.load().waiting == 1)
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
            b"POST " + CHAT_AT.encode() + b" HTTP/1.1\r\nHost:"
            b" localhost\r\nContent-Type:"
            b" application/json\r\n"
        )
        stops.sendall(head + b"Content-Length: 100\r\n\r\n{")
        assert httpx.post(url + CHAT_AT, json=CHAT).status_code == 200
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


def test_an_address_that_is_taken():
    from assay.deployment.server.listening import bind_socket

    first = bind_socket("127.0.0.1", 0)
    first.listen()
    with problem(ResourceError, "R055"):
        bind_socket("127.0.0.1", first.getsockname()[1])
    first.close()
