"""A run that is killed at any moment, or interrupted, ends in the same report when the command is
given again."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assay.cli.main import command
from helpers.toy import ARMS, build, comparable
from helpers.workers import alive, none_left

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "assay.cli", "run", "--plain"]


def start(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def finish(folder: Path) -> dict:
    done = subprocess.run([*COMMAND, str(folder)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "report/report.json").read_text())


@pytest.mark.nightly
def test_ten_kills_end_in_the_same_report(finished, tmp_path, tiny_model):
    expected = comparable(json.loads((finished / "report/report.json").read_text()))
    folder = build(tmp_path / "killed", tiny_model)
    draw = random.Random(11)
    begun = time.monotonic()
    finish_after = None
    for _ in range(10):
        process = start(folder)
        time.sleep(draw.uniform(0.2, 6.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert none_left(folder), "a worker outlived its parent"
        finish_after = time.monotonic() - begun
    assert comparable(finish(folder)) == expected, f"after {finish_after:.0f} s of kills"
    assert not [p for p in (folder / "work").rglob("*.part")]


def children(pid: int) -> list[int]:
    """The processes that a process and its children have started, and that live."""
    found = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for child in map(int, listed.read_text().split()):
                found += [child, *children(child)]
    return found


@pytest.mark.nightly
def test_fifty_kills_of_workers_and_servers_end_in_the_same_report(finished, tmp_path, tiny_model):
    expected = comparable(json.loads((finished / "report/report.json").read_text()))
    folder = build(tmp_path / "killed", tiny_model)
    draw, kills = random.Random(12), {"worker": 0, "server": 0}
    while sum(kills.values()) < 50:
        with start(folder) as process:
            time.sleep(draw.uniform(0.2, 8.0))
            while process.poll() is None and sum(kills.values()) < 50:
                workers, below = alive(folder), children(process.pid)
                if below:
                    # Workers are what matters most: half of the kills are theirs, where there are
                    # any.
                    victim = draw.choice(workers if workers and draw.random() < 0.5 else below)
                    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                        os.kill(victim, signal.SIGKILL)
                        kills["worker" if victim in workers else "server"] += 1
                time.sleep(draw.uniform(0.2, 4.0))
            process.communicate(timeout=600)
            assert process.returncode in (0, 1, 2, 3, 4, 5), process.returncode
        assert none_left(folder), "a worker outlived its parent"
        if process.returncode == 0:  # all was done: the next kills are of another start
            for stage in ("fit", "answers"):
                shutil.rmtree(folder / "work" / stage)
    assert min(kills.values()) >= 10, kills
    assert comparable(finish(folder)) == expected
    assert not [p for p in (folder / "work").rglob("*.part")]


@pytest.mark.nightly
def test_an_interrupt_saves_says_so_and_goes_on(tmp_path, tiny_model):
    arms = ARMS.replace("epochs: 2", "epochs: 200")  # it will not get to the end
    folder = build(tmp_path / "p", tiny_model, arms)
    process = start(folder)
    assert process.stderr is not None
    assert any("train=" in line for line in process.stderr), "it never told of a step"
    os.kill(process.pid, signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "assay run" in said
    states = list((folder / "work/fit").glob("*/training/state-*"))
    assert states, "the interrupted training left no state"
    assert none_left(folder)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path, tiny_model, capsys):
    folder = build(tmp_path / "p", tiny_model)
    first = start(folder)
    lock = folder / "work/run.lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.02)
    second = command(["run", "--plain", str(folder)])
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second == 4
    assert "R003" in capsys.readouterr().err
