"""A test that takes more than a processor second is marked: `slow`, which leaves it out of `make
quick`, or `nightly`.

What counts are the processor seconds of the test itself, with those of processes that it waited
for, on a machine as fast as the one that `LOOP` was measured on; a slower one gets more. So a busy
neighbour does not fail it.
"""

import os
import time

import pytest

LIMIT = 1.0
LOOP = 0.06  # seconds of `loop` on an AMD EPYC of 2022
MARKS = ("slow", "real", "nightly")


def loop() -> float:
    begun = time.process_time()
    total = 0
    for number in range(2_000_000):
        total += number & 7
    return time.process_time() - begun


def pytest_configure(config):
    config.stash[SCALE] = max(1.0, min(loop() for _ in range(3)) / LOOP)


SCALE = pytest.StashKey[float]()
TAKEN = pytest.StashKey[float]()


def spent() -> float:
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    begun = spent()
    try:
        return (yield)
    finally:
        item.stash[TAKEN] = spent() - begun


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    # the parts of a test have reports of their own before
    ended = call.when == "call" and TAKEN in item.stash
    # Without processes that were forked, the first test that needs a library pays for its import.
    held = item.config.getoption("--processes") > 1
    if ended and held and report.passed and not any(map(item.get_closest_marker, MARKS)):
        taken = item.stash[TAKEN] / item.config.stash[SCALE]
        if taken > LIMIT:
            report.outcome = "failed"
            report.longrepr = f"{taken:.1f} processor seconds: make it cheaper, or mark it slow"
    return report
