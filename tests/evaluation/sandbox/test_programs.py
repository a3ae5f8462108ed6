"""The 44 programs: each comes to what it should and leaves nothing behind."""

import os
import random
import resource
import time
from pathlib import Path

import pytest

from assay.evaluation.sandbox.python import Program, run
from helpers.nights import nightly_but
from helpers.sandbox_programs import (
    ASKED,
    CHEATS,
    HONEST,
    HOSTILE,
    OBJECT_CHEATS,
    OBJECTS,
    TESTS,
    TYPE_CHEATS,
)

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
@pytest.mark.parametrize("name", nightly_but([*EVERY][::2], EVERY))
def test_a_program_comes_to_what_it_should_and_leaves_nothing(cage, tmp_path, name):
    source, wanted = EVERY[name]
    processes, files = descendants(), names("/tmp")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # One that is to run out of time need not be given much of it.
    wall = 1.0 if wanted == {"timeout"} else WALL
    found = run(cage, Program(source, TESTS, reference=HONEST), wall)
    assert found.kind in wanted, found
    assert gone(processes)
    # Other programs of this machine may write there; what a sandbox's program names is not among
    # it.
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
    for _ in range(12):
        name = draw.choice(quick)
        found = run(cage, Program(EVERY[name][0], TESTS, reference=HONEST), WALL)
        assert found.kind in EVERY[name][1], (name, found)
    assert gone(processes) and len(names("/proc/self/fd")) == open_before


def test_the_right_program_passes(cage):
    assert run(cage, Program(HONEST, TESTS, reference=HONEST)).has_passed
    # no reference: a name that nothing else binds
    assert run(cage, Program("double = lambda x: x + x", TESTS)).has_passed


VALUE = "def value(x):\n    return x * x\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", OBJECT_CHEATS)
def test_an_object_of_the_programs_own_is_not_what_it_says(cage, name):
    source, tests, wanted = OBJECT_CHEATS[name]
    for test in tests:
        found = run(cage, Program(source, (test,), reference=OBJECTS), WALL)
        assert found.kind in wanted, (test, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", TYPE_CHEATS)
def test_a_type_of_the_programs_own_is_taken_for_the_plain_value_in_it(cage, name):
    source, tests, wanted = TYPE_CHEATS[name]
    found = run(cage, Program(source, tests, reference=VALUE), WALL)
    assert found.kind in wanted, found


def objects(cage, *tests, source=OBJECTS, reference=OBJECTS):
    return run(cage, Program(source, tests, reference=reference), WALL)


@pytest.mark.slow
def test_right_objects_pass_under_any_names_of_their_attributes(cage):
    assert objects(cage, *ASKED, "assert square(3) != P(8)", "assert square(2) < P(9)").has_passed
    assert objects(
        cage, "assert square(3) == P.of(9)", "assert P(1) == P(1)", "assert P(1) != P(2)"
    ).has_passed
    assert objects(
        cage,
        *ASKED,
        source=OBJECTS.replace("self.x", "self.value").replace("other.x", "other.value"),
    ).has_passed
    plain = "from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int\n"
    assert objects(cage, *ASKED, source=plain + "def square(x):\n    return P(x * x)\n").has_passed
    assert objects(cage, *ASKED, source=OBJECTS.replace("x * x", "x + x")).kind == "wrong value"


@pytest.mark.slow
def test_what_a_test_does_with_an_object_is_done_with_its_twin(cage):
    tree = """
class Node:
    def __init__(self, value, left=None, right=None):
        self.value, self.left, self.right = value, left, right
    def __eq__(self, other):
        if other is None:
            return False
        return [self.value, self.left, self.right] == [other.value, other.left, other.right]
    def put(self, value):
        self.right = Node(value)
def grown(root):
    root.left = Node(0)
    return root
"""
    test = (
        "one = grown(Node(1))\n"
        "two = Node(1)\ntwo.left = Node(3)\ntwo.left.value = 0\nassert one == two"
    )
    put = "one = Node(1)\none.put(2)\nassert one == Node(1, None, Node(2))"
    assert objects(cage, test, put, source=tree, reference=tree).has_passed
    lies = tree.replace("Node(0)", "Node(5)").replace(
        "return other is not None and", "return True or"
    )
    assert objects(cage, test, source=lies, reference=tree).kind == "wrong value"


@pytest.mark.slow
def test_what_cannot_be_confirmed_is_no_verdict(cage):
    # the program was told what is wanted first
    late = objects(cage, "wanted = P(9)\nassert square(3) == wanted")
    assert (late.kind, late.at) == ("test", 0) and late.text
    assert objects(cage, "assert P(9) == P(9) and square(3) == square(-3)").kind == "test"
    # holds something else than the reference's
    other = OBJECTS.replace("self.x = x", "self.x = self.y = x")
    assert (
        objects(
            cage,
            *ASKED,
            source=other,
            reference=OBJECTS.replace("return isinstance", "return 1 / 0 or"),
        ).kind
        == "test"
    )
