"""The 44 programs: each comes to what it should and leaves nothing behind."""

import os
import random
import resource
import time
from pathlib import Path

import pytest

from assay.validate.sandbox.python import Program, run
from sandbox_programs import CHEATS, HONEST, HOSTILE, TESTS

WALL = 3.0
EVERY = {**HOSTILE, **CHEATS}


def descendants() -> set[int]:
    """Processes below this one."""
    found, todo = set(), [os.getpid()]
    while todo:
        place = Path("/proc", str(todo.pop()))
        try:
            for task in (place / "task").iterdir():
                children = [int(word) for word in (task / "children").read_text().split()]
                found |= set(children)
                todo += children
        except FileNotFoundError:
            continue
    return found


def names(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def gone(before: set[int]) -> bool:
    until = time.monotonic() + 60  # what stays would stay for an hour
    while descendants() - before:
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_there_are_44_programs():
    assert len(HOSTILE) == 24 and len(CHEATS) == 20


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_a_program_comes_to_what_it_should_and_leaves_nothing(cage, tmp_path, name):
    source, wanted = EVERY[name]
    processes, files = descendants(), names("/tmp")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = run(cage, Program(source, TESTS, reference=HONEST), WALL)
    assert found.kind in wanted, found
    assert gone(processes)
    # Other programs of this machine may write there; what a sandbox's program names is not among it.
    new = names("/tmp") - files
    assert not new & {"big", "link", "disk", *map(str, range(10_000))}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 20_000  # KiB
    # 64 KiB is all that is read of what a program prints.


@pytest.mark.slow
def test_programs_in_a_row_leave_no_process_and_no_descriptor(cage):
    draw = random.Random(0)
    quick = [name for name, (_, wanted) in EVERY.items() if "timeout" not in wanted]
    run(cage, Program(HONEST, TESTS, reference=HONEST), WALL)
    processes, open_before = descendants(), len(names("/proc/self/fd"))
    for _ in range(60):
        name = draw.choice(quick)
        found = run(cage, Program(EVERY[name][0], TESTS, reference=HONEST), WALL)
        assert found.kind in EVERY[name][1], (name, found)
    assert gone(processes) and len(names("/proc/self/fd")) == open_before


def test_the_right_program_passes(cage):
    assert run(cage, Program(HONEST, TESTS, reference=HONEST)).passed
    assert run(cage, Program("double = lambda x: x + x", TESTS)).passed  # no reference: a name that nothing else binds
