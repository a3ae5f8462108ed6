"""Clients that leave while a page answers: the next question is answered, and nobody's place is
kept."""

import gc
import random
import re
import threading
from urllib.parse import urlencode

import httpx2 as httpx
import pytest

from assay.web import run_pages
from helpers.aborted import abort, request_bytes
from helpers.local_page import TOKEN, served_page
from helpers.server_requests import wait_until

pytestmark = pytest.mark.slow


def leave_all(port, requests, count, draw):
    """As often as `count` says, one to three clients at once."""
    for _ in range(count):
        kinds = draw.choices(requests, weights=(6, 2, 2, 1), k=draw.randint(1, 3))
        leaving = [
            threading.Thread(target=abort, args=(port, sent, random.Random(draw.random())))
            for sent in kinds
        ]
        for one in leaving:
            one.start()
        for one in leaving:
            one.join()


@pytest.mark.parametrize("count", [50, pytest.param(200, marks=pytest.mark.nightly)])
def test_after_aborted_requests_a_question_is_answered(own, count):
    place = f"/p/{own.id}"
    gc.disable()  # what a client held is given back at once, not when the collector comes by
    try:
        with (
            served_page(own) as (address, server),
            httpx.Client(base_url=address, timeout=300) as client,
        ):
            client.get("/", params={"token": TOKEN})
            mark = re.search(r'name="mark" value="(\w+)"', client.get(f"{place}/ask").text)[1]
            form = {"mark": mark, "question": "red1 red2 red3", "arm:tfidf": 1, "arm:majority": 1}
            headers = {
                "Host": address.strip("/").removeprefix("http://"),
                "Origin": address.strip("/"),
                "Cookie": "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = urlencode(form).encode()
            requests = [
                request_bytes("POST", f"{place}/ask/stream", headers, body),
                request_bytes("POST", f"{place}/ask/answer", headers, body),
                request_bytes("GET", f"{place}/run/events", headers),
                request_bytes("GET", f"{place}/compare/rows.csv", headers),
            ]
            port = int(headers["Host"].rpartition(":")[2])
            leave_all(port, requests, count, random.Random(count))
            wait_until(lambda: not server.server_state.tasks)
            assert run_pages._following == 0
            origin = {"origin": headers["Origin"]}

            def answered():  # once threads that nobody waits for have ended their last piece
                sent = client.post(f"{place}/ask/stream", data=form, headers=origin)
                return '"arm": "tfidf", "text": "red"' in sent.text

            wait_until(answered)
    finally:
        gc.enable()
