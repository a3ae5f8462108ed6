"""A service that answers as OpenAI's does, on real sockets, and fails as it is told to."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler", dict], None]


def reply(
    text: str | None, *, finish: str = "stop", refusal: str | None = None, **more: Any
) -> dict:
    """The JSON of an answer; its tokens are its words."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    return {
        "model": "served-2026-01-01",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": len((text or "").split())},
        **more,
    }


@dataclass
class Service:
    """`acts` are done first, one a request; after them `answer(body)` is the text of every
    answer."""

    acts: list[Act] = field(default_factory=list)
    answer: Callable[[dict], str] = lambda body: body["messages"][-1]["content"].upper()
    asked: list[dict] = field(default_factory=list)  # bodies, in the order of arrival
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0  # most requests that were open at a time
    url: str = ""
    _open: int = 0
    _lock: Any = field(default_factory=threading.Lock)

    def take(self, body: dict, headers: dict[str, str]) -> Act | None:
        with self._lock:
            self.asked.append(body)
            self.headers.append(headers)
            self._open += 1
            self.at_once = max(self.at_once, self._open)
            return self.acts.pop(0) if self.acts else None

    def leave(self) -> None:
        with self._lock:
            self._open -= 1


class Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        act = self.service.take({**body, "path": self.path}, dict(self.headers))
        try:
            if act:
                act(self, body)
            else:
                self.send(reply(self.service.answer(body)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.service.leave()

    def send(self, value: Any, status: int = 200, **headers: str) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that goes is part of the play


@contextmanager
def serving(service: Service, certificate: str = "") -> Iterator[Service]:
    """`certificate`: a PEM file with its key; the service then speaks TLS."""
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"service": service}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    service.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}/v1"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- faults ---------------------------------------------------------------------------------------


def status(code: int, message: str = "", **headers: str) -> Act:
    body = {"error": {"message": message, "type": "fault"}} if message else {}
    return lambda handler, _: handler.send(body, code, **headers)


def error(status: int, **fields: str) -> Act:
    return lambda handler, _: handler.send({"error": fields}, status)


def raw(data: bytes, **headers: str) -> Act:
    return lambda handler, _: handler.send(data, **headers)


def answers(**more: Any) -> Act:
    return lambda handler, _: handler.send(reply(**more))


def dies(handler: Handler, _: dict) -> None:
    """The connection ends in the middle of the body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.shutdown(2)


def half(handler: Handler, _: dict) -> None:
    """A whole response that is half a JSON."""
    handler.send(b'{"choices": [{"message": {"content": "yes"')


def slow(seconds: float) -> Act:
    def act(handler: Handler, body: dict) -> None:
        time.sleep(seconds)
        handler.send(reply(handler.service.answer(body)))

    return act


def silent(handler: Handler, _: dict) -> None:
    """Nothing is said until the client goes."""
    handler.connection.recv(1)
    handler.close_connection = True


def drips(handler: Handler, _: dict) -> None:
    """A byte now and then, so that no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
    handler.close_connection = True


def huge(handler: Handler, _: dict) -> None:
    """A body without an end."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b" " * (1 << 16))
    handler.close_connection = True


def redirects(to: str, code: int = 307) -> Act:
    return lambda handler, _: handler.send(b"", code, Location=to)


def streams(*pieces: str) -> Act:
    """Server-sent events, one a piece."""

    def act(handler: Handler, _: dict) -> None:
        lines = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
        data = (
            ": a comment\n\n" + "".join(f"data: {line}\n\n" for line in lines) + "data: [DONE]\n\n"
        )
        handler.send(data.encode(), Content_Type="text/event-stream")

    return act
