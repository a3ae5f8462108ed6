"""A run that is killed at any moment, or interrupted, ends in the same report when the command is given again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toy import ARMS, build, comparable
from workers import none_left

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "assay.cli", "run", "--plain"]


def start(folder: Path) -> subprocess.Popen:
    return subprocess.Popen([*COMMAND, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


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


def test_an_interrupt_saves_says_so_and_goes_on(tmp_path, tiny_model):
    arms = ARMS.replace("epochs: 2", "epochs: 30")
    folder = build(tmp_path / "p", tiny_model, arms)
    process = start(folder)
    deadline = time.monotonic() + 120
    assert process.stderr is not None
    for line in process.stderr:
        if "lora" in line and "/" in line:
            break
        assert time.monotonic() < deadline
    os.kill(process.pid, signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "assay run" in said
    states = list((folder / "work/fit").glob("*/training/state-*"))
    assert states, "the interrupted training left no state"
    assert none_left(folder)


def test_a_second_run_in_the_same_folder_is_refused(tmp_path, tiny_model):
    folder = build(tmp_path / "p", tiny_model)
    first = start(folder)
    lock = folder / "work/run.lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.02)
    second = subprocess.run([*COMMAND, str(folder)], capture_output=True, text=True, timeout=60)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second.returncode == 4
    assert "R003" in second.stderr
