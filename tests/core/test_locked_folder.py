"""A temporary folder goes with its process, at the latest when the next one is made."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assay.core.locked_folder import LOCK, locked_folder, remove_stale

PREFIX = "assay-test-locked-"
HELD = f"""
import sys, time
from assay.core.locked_folder import locked_folder
with locked_folder("{PREFIX}") as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_there_for_the_block(place):
    with locked_folder(PREFIX) as folder:
        assert folder.parent == place and (folder / LOCK).exists()
        remove_stale(PREFIX)
        assert folder.exists()
    assert not folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no locks that end with a process")
def test_what_a_killed_process_has_left_is_removed_by_the_next(place):
    process = subprocess.Popen(
        [sys.executable, "-c", HELD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )
    left = Path(process.stdout.readline().strip())
    with locked_folder(PREFIX):
        assert left.is_dir()  # it is held
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (place / f"{PREFIX}other").mkdir()  # without a lock: of nobody knows whom
    with locked_folder(PREFIX) as folder:
        assert not left.exists() and folder.exists()
    assert (place / f"{PREFIX}other").exists()
