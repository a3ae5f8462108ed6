"""A run is followed by its log: from its beginning, with its own times, until it ends."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from assay.core.errors import UsageError
from assay.core.file_ownership import make_folder
from assay.core.store import append, lock
from assay.runtime.events.log import LOCK, NAME, line
from assay.runtime.events.run_follower import RunFollower, is_held, last_start
from helpers.problems import problem

BEGUN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
START, DONE = ({"event": "run", "state": state} for state in ("start", "done"))
STAGE = {"event": "stage", "name": "lora", "state": "start"}
STEP = {"event": "progress", "stage": "lora", "done": 1, "total": 4}


@pytest.fixture
def work(tmp_path):
    make_folder(tmp_path / "work")
    return tmp_path / "work"


def tell(work, *events) -> None:
    for second, event in enumerate(events):
        append(work / NAME, line(event, BEGUN + timedelta(seconds=second)))


def test_a_run_is_told_from_its_beginning_to_its_end(work):
    tell(work, START, {"event": "note", "text": "an earlier run"}, DONE, START, STAGE)
    to_come = [(STEP,), (), ({"event": "note", "text": "x"}, DONE, STEP)]
    run = RunFollower(work.parent, pause=lambda seconds: tell(work, *to_come.pop(0)))
    with lock(work / LOCK, "assay run"):
        assert list(run.events()) == [START, STAGE, STEP, {"event": "note", "text": "x"}]
    assert run.end == "done" and to_come == []


def test_an_event_has_its_own_time_and_a_pause_the_time_of_day(work):
    tell(work, START, STAGE, STEP)
    paused = []

    def pause(seconds: float) -> None:
        paused.append(run.clock())
        tell(work, DONE)

    run = RunFollower(work.parent, pause)
    with lock(work / LOCK, "assay run"):
        times = [(run.clock(), run.now()) for _ in run.events()]
    seconds = [BEGUN.timestamp() + second for second in range(3)]
    assert times == [(one, datetime.fromtimestamp(one)) for one in seconds]
    assert paused[0] > seconds[-1] + 3600


@pytest.mark.parametrize("told", [(), (START, DONE)], ids=["nothing", "ended"])
def test_where_no_run_goes_on_it_is_said(work, told):
    tell(work, *told)
    with problem(UsageError, "C109", str(work.parent), "assay run"):
        list(RunFollower(work.parent).events())
    waited = []
    with lock(work / LOCK, "assay check"), pytest.raises(UsageError, match="C109"):
        list(
            RunFollower(work.parent, pause=waited.append).events()
        )  # another command holds the lock
    assert waited


def test_a_run_that_is_killed_has_stopped(work):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom assay.core.store import lock\n"
        f"with lock(Path({str(work / LOCK)!r}), 'assay run'):\n"
        "    print('held', flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline()
        assert is_held(work / LOCK)

        def kill(seconds: float) -> None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            tell(work, STEP)

        tell(work, START)
        run = RunFollower(work.parent, pause=kill)
        assert list(run.events()) == [START, STEP] and run.end == "stopped"
    assert not is_held(work / LOCK)


def test_a_lock_of_another_machine_is_believed(work):
    assert not is_held(work / LOCK)
    (work / LOCK).write_text("process 999999999 on elsewhere: assay run")
    assert is_held(work / LOCK)
    (work / LOCK).write_text(f"process 999999999 on {socket.gethostname()}: assay run")
    assert not is_held(work / LOCK)


def test_the_last_beginning_is_found_beside_other_lines(work):
    assert last_start(work / NAME) is None
    tell(work, START, DONE, {"event": "note", "text": '"run"'}, START, STAGE)
    lines = (work / NAME).read_bytes().splitlines(keepends=True)
    assert last_start(work / NAME) == sum(map(len, lines[:3]))
