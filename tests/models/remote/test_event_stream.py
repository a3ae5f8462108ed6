import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assay.models.remote.event_stream import JsonClient, event_data, split_lines

ODD = "a\u2028b\x85c"  # ends of lines to Python, and characters of a JSON text


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.heard.append((self.path, asked, self.headers["Authorization"]))
        if self.path == "/silent":
            self.server.over.wait(20)
            return
        self.send_response(418 if self.path == "/no" else 200)
        self.end_headers()
        said = [json.dumps({"a": ODD}, ensure_ascii=False), "[DONE]", "more"]
        self.wfile.write("".join(f": ping\r\ndata: {one}\r\n\r\n" for one in said).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as found:
        found.heard, found.over = [], threading.Event()
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.over.set()
        found.shutdown()


def address(server, path):
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_events_are_read_until_the_last(server):
    with JsonClient().send(address(server, "/"), {"b": 1}, "secret") as response:
        assert [json.loads(data) for data in event_data(response.iter_bytes())] == [{"a": ODD}]
    assert server.heard == [("/", {"b": 1}, "Bearer secret")]


def test_a_status_is_left_to_the_caller(server):
    with JsonClient().send(address(server, "/no"), {}) as response:
        assert response.status_code == 418
    assert server.heard == [("/no", {}, None)]


def test_another_thread_cuts_an_answer_that_does_not_come(server):
    cuts, errors = [], []

    def ask():
        try:
            with JsonClient().send(address(server, "/silent"), {}, hold=cuts.append):
                pass
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(1000):
        if server.heard:
            break
        threading.Event().wait(0.01)
    cuts[0]()
    thread.join(10)
    assert len(errors) == 1
    cuts[0]()  # once more does no harm


def test_what_is_not_there_and_what_is_silent_are_errors_of_the_system(server):
    client = JsonClient()
    with pytest.raises(ConnectionError, match="refused"), client.send("http://127.0.0.1:9", {}):
        pass
    with pytest.raises(TimeoutError), client.send(address(server, "/silent"), {}, wait=0.1):
        pass


def test_lines_end_at_line_feeds_alone():
    parts = [b"a", b"b\r\n", b"\xe2\x80", b"\xa8c\x0bd\n\n", b"e"]
    assert list(split_lines(parts)) == [b"ab", "\u2028c\vd".encode(), b"", b"e"]
