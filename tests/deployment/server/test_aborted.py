"""Clients that leave while the server answers: the next question is answered, and nobody's place
is kept."""

import gc
import json
import random
import threading

import httpx2 as httpx
import pytest

from assay.deployment.server.app import House
from helpers.aborted import abort, request_bytes
from helpers.hostile_requests import CHAT, CHAT_AT, TEXT, TEXT_AT, VECTORS, VECTORS_AT
from helpers.letters import letters
from helpers.server_requests import LONG, wait_until
from helpers.small_engine import SmallEngine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("count", [50, pytest.param(200, marks=pytest.mark.nightly)])
def test_after_aborted_requests_a_question_is_answered(arms, served, count):
    # a long answer goes on until its client leaves
    engine = SmallEngine(arms, letters, queue_size=4, held=5)
    draw, house = random.Random(count), House()
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    requests = [
        request_bytes("POST", path, headers, json.dumps(body).encode())
        for path, body in (
            (CHAT_AT, CHAT),
            (CHAT_AT, {**LONG, "stream": True}),
            (TEXT_AT, {**TEXT, "stream": True}),
            (TEXT_AT, TEXT),
            (VECTORS_AT, VECTORS),
        )
    ]
    gc.disable()  # what a client held is given back at once, not when the collector comes by
    try:
        with served(engine, house=house) as (address, server):
            port = int(address.rpartition(":")[2])
            for _ in range(count):
                leaving = [
                    threading.Thread(target=abort, args=(port, sent, random.Random(draw.random())))
                    for sent in draw.choices(requests, k=draw.randint(1, 3))
                ]
                for one in leaving:
                    one.start()
                for one in leaving:
                    one.join()
            wait_until(lambda: not server.server_state.tasks)
            wait_until(lambda: engine.load().running + engine.load().waiting == 0)
            assert house.inside.count == 0 and not house.inside.waits
            for path, body in ((CHAT_AT, CHAT), (VECTORS_AT, VECTORS)):
                reply = httpx.post(address + path, json=body, timeout=300)
                assert reply.status_code == 200, reply.text
    finally:
        gc.enable()
        engine.close(0)
