"""A test that takes more than a processor second is to be marked: `slow`, which leaves it out of
`make quick`, or `nightly`. Those that are not are named when all have run; none fails for it.

What counts are the processor seconds of the test itself, with those of processes that it waited
for, on a machine as fast as the one that `LOOP` was measured on; a slower one gets more. A busy
neighbour or a slow disk may double them, which is why a test does not fail.
"""

import os
import time

import pytest

LIMIT = 1.0
LOOP = 0.06  # seconds of `loop` on an AMD EPYC of 2022
NAME = "processor_seconds"
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
            report.user_properties.append((NAME, taken))
    return report


def pytest_terminal_summary(terminalreporter):
    costs = {
        report.nodeid: dict(report.user_properties)[NAME]
        for report in terminalreporter.stats.get("passed", [])
        if NAME in dict(report.user_properties)
    }
    if costs:
        terminalreporter.section("make these cheaper, or mark them slow")
    for test, taken in sorted(costs.items(), key=lambda one: -one[1]):
        terminalreporter.line(f"{taken:.1f} processor seconds: {test}")
