"""A pytest plugin that writes which test reaches which line of `src/assay`, and a reader of that.

Each process of `pytest --processes` writes a file of coverage data, with the test as the
context. Processes that tests start are not followed: the tests of their modules stand in for them.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

FOLDER = "MUTANTS_COVERAGE"  # the environment variable that names where the files go
PACKAGE = Path(__file__).parents[1] / "src" / "assay"

_running: dict[int, coverage.Coverage] = {}  # by process, for a fork inherits its parent's


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    if not (measured := _running.get(os.getpid())):
        _running.clear()
        place = Path(os.environ[FOLDER]) / f"data.{os.getpid()}"
        measured = coverage.Coverage(data_file=str(place), source=[str(PACKAGE)], config_file=False)
        _running[os.getpid()] = measured
        measured.start()
    measured.switch_context(item.nodeid)
    yield
    if nextitem is None or nextitem.location[0] != item.location[0]:
        measured.save()


def tests_by_line(folder: Path) -> dict[str, dict[int, set[str]]]:
    """Return the tests that reach each line, by file below src/assay."""
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted(folder.glob("data.*")):
        data = coverage.CoverageData(str(path))
        data.read()
        for file in data.measured_files():
            lines = found[Path(file).relative_to(PACKAGE).as_posix()]
            for line, tests in data.contexts_by_lineno(file).items():
                lines[line].update(test for test in tests if test)
    return found
