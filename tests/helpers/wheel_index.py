"""A package index on this machine that serves one small wheel, well or badly."""

import contextlib
import functools
import hashlib
import http.server
import io
import json
import threading
import zipfile
from typing import ClassVar

CONTENT = bytes(range(256)) * 4000


def made_wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tiny_model_for_test/weights.bin", CONTENT)
        archive.writestr(
            "tiny_model_for_test/__init__.py", "raise SystemExit('code of the wheel ran')"
        )
        archive.writestr("../escaped", "x")
    return buffer.getvalue()


WHEEL = made_wheel()
NAME = "tiny_model_for_test-1.0-py3-none-any.whl"


class Index(http.server.BaseHTTPRequestHandler):
    """One package. `plan` is the test's wish; `asked` is what was asked for."""

    plan: ClassVar[dict]
    asked: ClassVar[list]

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if self.path in self.plan.get("moved", {}):
            self.send_response(302)
            self.send_header("Location", self.plan["moved"][self.path])
            return self.end_headers()
        if self.path == "/simple/tiny-model-for-test/":
            return self._page()
        if self.path == "/files/" + NAME:
            return self._file()
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", self.plan["redirect"])
            return self.end_headers()
        return self.send_error(404)

    def _page(self):
        digest = self.plan.get("stated", hashlib.sha256(WHEEL).hexdigest())
        href = "/elsewhere" if "redirect" in self.plan else f"/files/{NAME}"
        if self.plan.get("html"):
            body = f'<!doctype html><a href="..{href}#sha256={digest}">{NAME}</a>'.replace(
                '"../', '"../../'
            ).encode()
            kind = "text/html"
        else:
            body = json.dumps(
                {"files": [{"filename": NAME, "url": href, "hashes": {"sha256": digest}}]}
            ).encode()
            kind = "application/vnd.pypi.simple.v1+json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self):
        data = self.plan.get("data", WHEEL)
        start = (
            int((self.headers.get("Range") or "bytes=0-")[6:-1])
            if self.plan.get("ranges", True)
            else 0
        )
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start : start + self.plan.get("at_once", len(data))])

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def index(monkeypatch, **plan):
    handler = type("Handler", (Index,), {"plan": plan, "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05))
        thread.start()
        try:
            address = f"127.0.0.1:{server.server_address[1]}"
            monkeypatch.setenv("PIP_INDEX_URL", f"http://{plan.get('login', '')}{address}/simple")
            yield handler.asked
        finally:
            server.shutdown()
            thread.join()
