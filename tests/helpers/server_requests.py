"""What tests of the server send and read: requests, open connections, refusals."""

import asyncio
import json
import socket
import time

from helpers.hostile_requests import CHAT, CHAT_AT, NOTED, TEXT, VECTORS

KEY = "sk-a-key-of-some-length"
ASKED = [{"role": "user", "content": "the card was stolen"}]
LONG = {"model": "long", "messages": [{"role": "user", "content": "tell me"}]}
RIGHT = {CHAT_AT: CHAT, "/v1/completions": TEXT, "/v1/embeddings": VECTORS, "/v1/feedback": NOTED}


def wait_until(check):
    until = time.monotonic() + 120  # against a test that hangs
    while not check():
        assert time.monotonic() < until
        time.sleep(0.01)


def post_unread(url, body):
    """An open connection on which `body` was posted; nothing is read from it."""
    data = json.dumps(body).encode()
    lines = (f"POST {CHAT_AT} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    line = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    line.sendall("\r\n".join((*lines, f"Content-Length: {len(data)}", "", "")).encode() + data)
    return line


def events(lines):
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def check_refusal(reply, status, code=None):
    assert reply.status_code == status, reply.text
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["message"] and error["type"]
    assert len(reply.content) < 1000  # what was sent does not come back
    if code:
        assert error["code"] == code, reply.text


async def check_answers(client):
    reply = await client.post(CHAT_AT, json=CHAT)
    assert reply.status_code == 200 and reply.json()["choices"][0]["message"]["content"] == "card"


def run(work):
    asyncio.run(work())
