import os
import signal
import time
from pathlib import Path

import pytest

from assay.data.parallel.pool import Hands
from helpers.curation_processes import own_step_processes, step_processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc"),
]


def test_processes_end_with_the_one_that_started_them(rows_of, forked):
    def work():
        hands = Hands(2)
        until = time.monotonic() + 60
        # between its fork and its exec a process still has the name of this one
        while len(own_step_processes()) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        assert len(own_step_processes()) == 2
        os.kill(os.getpid(), signal.SIGKILL)
        hands.end()

    before = set(step_processes())
    assert forked(work) == -signal.SIGKILL
    until = time.monotonic() + 120
    while set(step_processes()) - before:
        assert time.monotonic() < until, "a process outlived the one that started it"
        time.sleep(0.05)
