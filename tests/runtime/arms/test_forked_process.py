"""A process that is followed by its descriptor and the connection to whoever started it."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from assay.runtime.arms.fork_messages import send
from assay.runtime.arms.forked_process import ForkedProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


@pytest.fixture
def started():
    """A program that waits, followed as a fork server's worker is: (it, the server's end)."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        ours, servers = socket.socketpair()
        watch, lines = os.pidfd_open(program.pid), os.fdopen(os.dup(program.stdout.fileno()))
        yield ForkedProcess(ours, program.pid, watch, None, lines), program, servers
        lines.close()
        ours.close()
        servers.close()
        program.kill()


def test_its_exit_code_is_what_the_server_says(started):
    process, _, server = started
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    send(server, {"code": 7})
    assert process.wait(10) == process.poll() == 7


def test_without_its_server_it_counts_as_killed(started):
    process, _, server = started
    server.close()
    assert process.wait(10) == -signal.SIGKILL


def test_a_signal_reaches_the_program_and_none_is_sent_once_it_has_ended(started):
    process, program, server = started
    process.terminate()
    assert program.wait(10) == -signal.SIGTERM
    process.kill()  # nobody is there: nothing is raised
    send(server, {"code": -signal.SIGTERM})
    assert process.wait(10) == -signal.SIGTERM
