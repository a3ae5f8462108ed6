"""The checker's verdicts, on programs that do no harm."""

import socket
import sys

import pytest

from assay.evaluation.sandbox.inside.checker import check
from assay.evaluation.sandbox.inside.reference_objects import Reference
from assay.evaluation.sandbox.inside.stand_ins import SandboxChannel
from helpers.sandbox_sides import beside


@pytest.fixture(autouse=True)
def _no_candidate_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "candidate", None)


def verdict(source, *tests, names=("f",)):
    job = {"imports": "", "names": names, "setup": "", "tests": tests}
    with beside(source) as line:
        found = check(job, line)
    return found["kind"], found["at"]


def test_the_first_test_that_fails_is_named():
    double = "def f(x): return 2 * x"
    assert verdict(double, "assert f(1) == 2", "assert f(3) == 6") == ("passed", 1)
    assert verdict(double, "assert f(1) == 2", "assert f(3) == 9", "assert f(0)") == (
        "wrong value",
        1,
    )


@pytest.mark.parametrize(
    ("source", "test", "kind"),
    [
        ("def f(x): return x[1]", "assert f([]) == 1", ("exception", 0)),
        ("def f(x): return None", "assert f(1) < 3", ("wrong value", 0)),
        ("def f(x) return x", "assert f(1)", ("syntax", -1)),
        ("def g(x): return x", "assert f(1)", ("exception", -1)),  # the name is missing
        # a program's own assertion is no wrong value
        ("def f(x): assert x", "f(0)", ("exception", 0)),
    ],
)
def test_whose_fault_a_failure_is(source, test, kind):
    assert verdict(source, test) == kind


def test_a_program_that_was_never_there_is_absent():
    one, two = socket.socketpair()
    one.close()
    with two:
        line = SandboxChannel(two, False, Reference("", ""))
        assert check({"names": (), "tests": ()}, line)["kind"] == "absent"
