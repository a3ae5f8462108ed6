"""What a response and its thread let go of when the client leaves, is slow, or is told an error."""

import asyncio
import threading
from contextlib import aclosing

import pytest

pytest.importorskip("starlette")

from starlette.exceptions import HTTPException

from assay.deployment.server.stream import Gone
from assay.web import streams
from assay.web.streams import Streamed, pieces_of


async def read(pieces):
    return [piece async for piece in pieces]


def test_pieces_come_in_their_order_and_an_error_after_them():
    def work(say):
        for number in range(5):
            say(number)

    def fail(say):
        say(1)
        raise KeyError("a")

    assert asyncio.run(read(pieces_of(work))) == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError, match="a"):
        asyncio.run(read(pieces_of(fail)))


def test_a_thread_whose_reader_has_left_ends_at_its_next_piece_and_unlocks():
    lock, left, ended = threading.Lock(), threading.Event(), []

    def work(say):
        try:
            with lock:
                say("first")
                left.wait(120)
                say("second")
        except Gone:
            ended.append("gone")
            raise

    async def leave():
        async with aclosing(pieces_of(work)) as pieces:
            assert await anext(pieces) == "first"
        left.set()

    asyncio.run(leave())  # which waits for its threads
    assert ended == ["gone"] and not lock.locked()


def test_an_answer_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(streams, "WRITES", -1.0)
    with pytest.raises(HTTPException) as refused:
        asyncio.run(read(pieces_of(lambda say: say("late"))))
    assert refused.value.status_code == 504


async def numbers(closed):
    try:
        for number in range(1000):
            yield str(number)
    finally:
        closed.append(True)


@pytest.mark.parametrize("sent", [0, 1, 2, 7])
@pytest.mark.parametrize("how", ["leaves", "does not read"])
def test_the_pieces_are_closed_when_the_client_leaves_or_does_not_read(how, sent, monkeypatch):
    monkeypatch.setattr(streams, "READS", 0.01)
    got, closed = [], []

    async def answer():
        left = asyncio.Event()

        async def receive():
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            got.append(message)
            if len(got) > sent and message["type"] == "http.response.body":
                if how == "leaves":
                    left.set()
                await asyncio.Event().wait()

        await Streamed(numbers(closed), "text/plain")({"type": "http"}, receive, send)

    asyncio.run(answer())
    assert closed == [True] and got[0]["status"] == 200
    assert b"".join(one.get("body", b"") for one in got).decode() == "".join(
        map(str, range(len(got) - 1))
    )
