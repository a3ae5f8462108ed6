"""A guard for work that must not take for ever."""

import signal
from contextlib import contextmanager

# seconds of the processor: many times what the work takes, whatever else the machine does
FAR = 200


@contextmanager
def ends():
    """The work inside fails when it hangs. It says nothing of speed: what is guarded against would
    take days."""

    def late(number, frame):
        raise AssertionError(f"not done after {FAR} s")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, FAR)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
