"""A forked worker is what one that was started anew would be; servers and workers end with whoever
asked for them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.core.errors import Stopped
from assay.runtime.arms.forked_process import ForkedProcess
from assay.runtime.arms.process import SHARED, Servers, worker
from helpers.nights import nightly_but

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks")


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """These tests look at servers of their own."""
    monkeypatch.delenv(SHARED, raising=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "order").write_text("0")
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """For tests that start a server of their own, and not for what it has loaded."""
    monkeypatch.setattr("assay.runtime.arms.process.PRELOADED", {"floors": ("assay.worker",)})


@pytest.fixture(scope="module")
def servers():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SHARED, raising=False)
        with Servers() as servers:
            servers.begin(["floors"])
            yield servers


def report_of(folder, servers=None, preload="floors"):
    """What a worker says of itself, and its exit code."""
    with worker(folder, "helpers.self_report", servers=servers, preload=preload) as process:
        assert isinstance(process, ForkedProcess) == (servers is not None)
        return json.loads(process.stdout.readline()), process.wait()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])


def ended(pid: int) -> bool:
    """Whether the process is gone: waits for that, and fails by its limit alone."""
    until = time.monotonic() + 60
    while (
        Path(f"/proc/{pid}/status").exists()
        and "Z (zombie)" not in Path(f"/proc/{pid}/status").read_text()
    ):
        assert time.monotonic() < until
        time.sleep(0.01)
    return True


@pytest.mark.slow
def test_a_fork_finds_what_a_new_process_finds(folder, servers, monkeypatch):
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")  # after the server was started
    monkeypatch.chdir(folder)
    servers.begin(["floors"])
    cold, warm = report_of(folder), report_of(folder, servers)
    assert warm[0]["found"] == cold[0]["found"] and warm[0]["found"]["parent_named"]
    assert warm[0]["found"]["files"] == ["/dev/null", str(folder / "worker.log"), "pipe"]


@pytest.mark.slow
def test_each_fork_draws_other_numbers(folder, servers):
    first, second = (report_of(folder, servers)[0]["drawn"] for _ in range(2))
    assert len({*first, *second}) == 4


@pytest.mark.parametrize("order, code", [("0", 0), ("6", 6), ("raise", 1)])
def test_the_exit_code_is_that_of_the_worker(folder, servers, order, code):
    (folder / "order").write_text(order)
    assert report_of(folder, servers)[1] == report_of(folder)[1] == code
    assert ("ValueError: as it was told" in (folder / "worker.log").read_text()) == (
        order == "raise"
    )


def test_a_killed_worker_is_one_worker(folder, servers):
    (folder / "order").write_text("wait")
    with worker(folder, "helpers.self_report", servers=servers) as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL and process.poll() == -signal.SIGKILL
    (folder / "order").write_text("0")
    assert report_of(folder, servers)[1] == 0


def test_an_interrupt_reaches_the_worker(folder, servers):
    (folder / "order").write_text("wait")
    with pytest.raises(Stopped), worker(folder, "helpers.self_report", servers=servers) as process:
        process.stdout.readline()
        raise Stopped(signal.SIGINT)
    assert process.returncode == -signal.SIGTERM


@pytest.mark.slow
def test_a_killed_server_takes_its_workers_with_it_and_the_next_starts_cold(folder, small):
    (folder / "order").write_text("wait")
    with Servers() as servers:
        with worker(folder, "helpers.self_report", servers=servers) as process:
            process.stdout.readline()
            server = parent_of(process.pid)
            os.kill(server, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL and ended(process.pid)
        (folder / "order").write_text("7")
        with worker(folder, "helpers.self_report", servers=servers) as process:
            assert isinstance(process, subprocess.Popen) and process.wait() == 7


@pytest.mark.slow
def test_a_killed_client_leaves_nothing_behind(folder):
    (folder / "order").write_text("wait")
    script = (
        "import sys; from pathlib import Path; from assay.runtime.arms.process import *\n"
        "with Servers() as servers, worker(Path(sys.argv[1]), 'helpers.self_report',"
        " servers=servers) as"
        " process:\n"
        "    process.stdout.readline(); print(process.pid, flush=True); process.wait()"
    )
    path = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **path}) as client:
        pid = int(client.stdout.readline())
        server = parent_of(pid)
        client.kill()
        assert ended(pid) and ended(server)


@pytest.mark.slow
def test_servers_are_shared_in_the_same_surroundings_alone(folder, monkeypatch, small):
    with Servers() as servers:
        monkeypatch.setenv(SHARED, "")
        servers.share()
        parents = []
        for threads in ("", "7"):
            if threads:
                monkeypatch.setenv("OMP_NUM_THREADS", threads)
            with (
                Servers() as others,
                worker(folder, "helpers.self_report", servers=others) as process,
            ):
                said = json.loads(process.stdout.readline())
            parents.append(said["parent"])
            if threads:
                assert said["found"]["variables"]["OMP_NUM_THREADS"] == threads
        with worker(folder, "helpers.self_report", servers=servers) as process:
            parents.append(json.loads(process.stdout.readline())["parent"])
    assert parents[0] != parents[1] and parents[0] == parents[2]


def test_a_server_with_a_thread_forks_nothing(folder, monkeypatch, tmp_path_factory):
    place = tmp_path_factory.mktemp("modules")
    (place / "starts_a_thread.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,),"
        " daemon=True).start()\n"
    )
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr("assay.runtime.arms.process.PRELOADED", {"floors": ("starts_a_thread",)})
    with Servers() as servers, worker(folder, "helpers.self_report", servers=servers) as process:
        assert isinstance(process, subprocess.Popen) and process.wait() == 0


@pytest.mark.parametrize("preload", nightly_but(["floors"], ["floors", "models"]))
def test_a_fork_takes_as_much_memory_as_its_server(folder, servers, preload):
    # Its peak is that of a process which has imported for itself: the server, with its pages of
    # files.
    with worker(folder, "helpers.self_report", servers=servers, preload=preload) as process:
        said = json.loads(process.stdout.readline())
        held = Path(f"/proc/{said['parent']}/status").read_text().partition("VmRSS:")[2]
    assert said["kilobytes"] == pytest.approx(int(held.split()[0]), rel=0.02)
