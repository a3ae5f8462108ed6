"""The process that forks workers: what it refuses, and what a fork runs."""

import os
import select
import socket
import sys

import pytest

from assay.runtime.arms.fork_messages import receive, send
from assay.runtime.arms.fork_server import Fork, ForkServer, file_pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX) as place:
        place.bind(str(tmp_path / "s"))
        place.listen()
        yield place


@pytest.mark.parametrize(
    ("refusal", "request_", "said"),
    [
        ("a graphics card is open", {"module": "x", "arguments": []}, "a graphics card is open"),
        ("", {}, ""),  # only asks whether the server is ready
    ],
)
def test_what_cannot_be_forked_is_refused_with_its_reason(listener, refusal, request_, said):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(listener.getsockname())
        send(client, request_)
        server = ForkServer(listener, refusal)
        assert server._accept(select.poll()) is None
        assert receive(client) == ({"refused": said}, [])
        assert server.workers == {} and server.clients == {}


def test_a_client_that_leaves_without_a_word_gets_no_worker(listener):
    client = socket.socket(socket.AF_UNIX)
    client.connect(listener.getsockname())
    client.close()
    server = ForkServer(listener)
    assert server._accept(select.poll()) is None and server.workers == {}


def test_a_fork_runs_the_modules_main_with_its_arguments_as_paths(tmp_path, monkeypatch):
    (tmp_path / "forked_module.py").write_text(
        "import sys\ndef main(*paths):\n"
        "    assert sys.argv == ['forked_module', 'a/b', 'c'], sys.argv\n"
        "    return len([path.parent for path in paths])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.delitem(sys.modules, "forked_module", raising=False)
    assert Fork("forked_module", ["a/b", "c"]).run() == 2


def test_mapped_pages_are_whole_and_stand_in_memory():
    size = os.sysconf("SC_PAGE_SIZE")
    stretches = list(file_pages())
    # the interpreter itself, at least
    assert stretches and all(at % size == 0 and length % size == 0 for at, length in stretches)
    assert sum(length for _, length in stretches) > 100_000
