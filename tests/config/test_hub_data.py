"""Data sets of a hub: a server of the standard library on this machine that answers as the hub
does."""

import contextlib
import functools
import hashlib
import http.server
import io
import json
import threading
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.config import load
from assay.config.hub_data import bring
from assay.config.start import begin
from assay.core.errors import DataError, ResourceError
from assay.data.reading.load import load as load_rows
from helpers.problems import problem

SPACED = str.maketrans("0a5f", "    ")
SHA = "0123456789abcdef0123456789abcdef01234567"


def parquet(n, start=0):
    sink = io.BytesIO()
    rows = range(start, start + n)
    # no two are alike
    texts = [hashlib.sha256(str(i).encode()).hexdigest().translate(SPACED) for i in rows]
    pq.write_table(pa.table({"text": texts, "label": ["ab"[i % 2] for i in rows]}), sink)
    return sink.getvalue()


README = b"""---
configs:
- config_name: en
  data_files:
  - {split: train, path: en/train-*}
  - {split: test, path: "en/test.parquet"}
- config_name: de
  data_files: de/*.csv
---
# About
"""
FILES = {
    "README.md": README,
    "en/train-00000-of-00002.parquet": parquet(30),
    "en/train-00001-of-00002.parquet": parquet(10, 30),
    "en/test.parquet": parquet(3, 90),
    "en/train-extra.py": b"raise SystemExit('a script ran')",
    "de/all.csv": b"text,label\neins zwei,a\ndrei vier,b\n",
    "loading.py": b"raise SystemExit('a script ran')",
    "weights.pkl": b"\x80\x04",
}


class Hub(http.server.BaseHTTPRequestHandler):
    files: ClassVar[dict[str, bytes]]
    asked: ClassVar[list[str]]

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def answer(self, body):
        path = self.path.partition("?")[0]
        self.asked.append(path)
        if path.startswith("/api/datasets/org/name/tree/"):
            listed = [
                {"type": "file", "path": n, "size": len(d), "oid": "0" * 40}
                for n, d in self.files.items()
            ]
            return self.send(json.dumps(listed).encode(), body)
        if path in (
            "/api/datasets/org/name",
            f"/api/datasets/org/name/revision/{SHA}",
            "/api/datasets/org/name/revision/main",
        ):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in self.files.items()]
            return self.send(
                json.dumps({"id": "org/name", "sha": SHA, "siblings": siblings}).encode(), body
            )
        start = f"/datasets/org/name/resolve/{SHA}/"
        if path.startswith(start) and path.removeprefix(start) in self.files:
            return self.send(self.files[path.removeprefix(start)], body)
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        return self.end_headers()

    def send(self, data, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Repo-Commit", SHA)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    # What the library has read of its environment. A run forks its workers from the servers that
    # tests share only where that is as it was.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)

    @contextlib.contextmanager
    def serve(files=FILES):
        handler = type("Handler", (Hub,), {"files": files, "asked": []})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}", handler.asked
            finally:
                server.shutdown()
                thread.join()

    return serve


def test_data_files_of_a_configuration_come_and_nothing_else(hub):
    events = []
    with hub() as (address, asked):
        files = bring({"data": [Path("hf://org/name/en")]}, tell=events.append, endpoint=address)
    got = load_rows(files)
    assert (len(got.train), len(got.test), got.train[0].source) == (
        40,
        3,
        "hf://org/name/en/train-00000-of-00002.parquet:1",
    )
    names = {path.rpartition(f"{SHA}/")[2] for path in asked if "/resolve/" in path}
    assert names == {
        "README.md",
        *(name for name in FILES if name.startswith("en/") and name.endswith("parquet")),
    }
    size = sum(
        len(data)
        for name, data in FILES.items()
        if name.startswith("en/") and name.endswith("parquet")
    )
    assert events[-1] == {"event": "download", "name": "org/name", "done": size, "total": size}


def test_what_is_in_the_cache_needs_no_network(hub):
    with hub() as (address, _):
        first = bring({"data": [Path("hf://org/name/de")]}, endpoint=address)
    assert bring({"data": [Path("hf://org/name/de")]}, offline=True) == first
    assert [row.text for row in load_rows(first).train] == ["eins zwei", "drei vier"]


def test_a_configuration_has_to_be_named_where_there_are_several(hub):
    with hub() as (address, _):
        with problem(DataError, "D080", "hf://org/name", "2") as caught:
            bring({"data": [Path("hf://org/name")]}, endpoint=address)
        assert "en, de" in caught.value.problems[0].help
        with problem(DataError, "D080", None, "'fr'"):
            bring({"data": [Path("hf://org/name/fr")]}, endpoint=address)


def test_without_a_list_in_the_readme_names_say_the_split(hub):
    files = {
        "train.csv": b"text,label\na b,x\nc d,y\n",
        "test.csv": b"text,label\ne f,x\n",
        "make.py": b"1",
    }
    with hub(files) as (address, asked):
        got = load_rows(bring({"data": [Path("hf://org/name")]}, endpoint=address))
    assert (len(got.train), len(got.test)) == (2, 1)
    assert not any(path.endswith(".py") for path in asked)
    with hub({"make.py": b"1"}) as (address, _), problem(DataError, "D002"):
        bring({"data": [Path("hf://org/name")]}, endpoint=address)


def test_what_is_not_there_and_no_connection(hub):
    with hub() as (address, _), problem(DataError, "D080", None, "org/other"):
        bring({"data": [Path("hf://org/other")]}, endpoint=address)
    for options in ({"offline": True}, {"endpoint": "http://127.0.0.1:9"}):
        with problem(ResourceError, "R004", None, "org/gone") as caught:
            bring({"data": [Path("hf://org/gone")]}, **options)
        assert "hf download --repo-type dataset org/gone" in caught.value.problems[0].help


@pytest.mark.slow
def test_a_project_from_a_name_of_the_hub(hub, tmp_path, monkeypatch):
    from assay import pipeline

    monkeypatch.chdir(tmp_path)
    with hub() as (address, asked):
        # As HF_ENDPOINT sets it when the library is loaded.
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        file = begin(Path("hf://org/name/en"))
        # to compare rows by their meaning takes an encoder
        checked = pipeline.check(load(file, ["split.paraphrase=null"]))
        # The first names the data set with all its slashes; a second run finds the project.
        assert 'data: "hf://org/name/en"' in file.read_text()
        assert begin(Path("hf://org/name/en")) == file
    assert file == Path("name/project.yaml")
    assert checked.to_json()["rows"]["test"] == 3
    assert asked
