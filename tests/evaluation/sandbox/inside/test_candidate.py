"""The program's side of a sandbox: what it answers to each request."""

import sys

import pytest

from assay.evaluation.sandbox.inside.candidate import ProgramSide
from assay.evaluation.sandbox.inside.wire import encode


@pytest.fixture
def program(monkeypatch):
    def load(source, imports=""):
        monkeypatch.setitem(sys.modules, "candidate", None)
        side = ProgramSide(source, imports)
        assert side.answer(["load"]) == ["value", None, []]
        return side

    return load


def test_a_call_gives_its_value_and_a_function_only_a_handle(program):
    side = program("def add(a, b=1): return a + b")
    assert side.answer(["get", "add"]) == ["value", ["h", "function", 0], []]
    assert side.answer(["call", 0, [2], {"b": 3}]) == ["value", 5, []]
    with pytest.raises(NameError, match="name 'minus' is not defined"):
        side.answer(["get", "minus"])


def test_arguments_that_a_call_has_changed_are_sent_back(program):
    side = program("def sort(values, more): values.sort()")
    side.answer(["get", "sort"])
    asked = [encode([3, 1]), encode([9, 8])]
    assert side.answer(["call", 0, asked, {}]) == ["value", None, [[0, encode([1, 3])]]]


def test_the_main_part_of_a_program_is_not_run(program):
    side = program(
        "if __name__ == '__main__':\n    raise SystemExit\nx = math.pi > 3", "import math"
    )
    assert side.answer(["get", "x"]) == ["value", True, []]


def test_a_metaclass_has_no_say_in_whose_instance_an_object_is(program):
    source = """
class Lies(type):
    def __instancecheck__(cls, one): return True
class A(metaclass=Lies): pass
class B: pass
b = B()
"""
    side = program(source)
    for name in ("A", "B", "b"):
        side.answer(["get", name])
    assert side.answer(["isinstance", 2, 0]) == ["value", False, []]
    assert side.answer(["isinstance", 2, 1]) == ["value", True, []]
