"""Signals that end a run."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from assay.core.errors import Stopped
from assay.runtime.signals import interruptible

DEAF = """
import time
from assay.core.errors import Stopped
from assay.runtime.signals import interruptible
with interruptible():
    while True:
        try:
            print("there", flush=True)
            time.sleep(600)
        except Stopped:
            pass  # as work that cannot be left
"""


@pytest.mark.slow
def test_the_second_signal_ends_a_run_that_does_not_end():
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(2):
        process.stdout.readline()
        process.terminate()
    with process:
        assert process.wait(60) == 143


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_exit_code_says_which_signal_it_was_and_handlers_are_put_back(number):
    before = signal.getsignal(number)
    with pytest.raises(Stopped) as stopped, interruptible():
        os.kill(os.getpid(), number)
    assert stopped.value.exit_code == 128 + number  # as a shell says it
    assert signal.getsignal(number) == before


def test_a_thread_leaves_signals_to_the_main_one():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work():
        with interruptible():  # signal.signal raises ValueError in a thread
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
