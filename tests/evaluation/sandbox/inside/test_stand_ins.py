"""Stand-ins behave as what they stand for, and compare on the checker's side."""

import sys

import pytest

from assay.evaluation.sandbox.inside.stand_ins import NoVerdict
from helpers.sandbox_sides import beside


@pytest.fixture(autouse=True)
def _no_candidate_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "candidate", None)


def test_functions_are_called_iterators_iterated_and_lists_changed():
    source = """
def count(n): yield from range(n)
def add(n): return lambda x: x + n
def clear(values): values.clear()
"""
    with beside(source) as line:
        line.ready()
        line.ask("load")
        count, add, clear = (line.ask("get", name) for name in ("count", "add", "clear"))
        assert list(count(3)) == [0, 1, 2]
        assert add(3)(4) == 7
        values = [1, 2]
        clear(values)
        assert values == []
        with pytest.raises(TypeError, match="only plain values"):
            add(object())


def test_pythons_own_exceptions_come_as_they_are():
    with beside("def f(x): return {}[x]") as line:
        line.ready()
        line.ask("load")
        with pytest.raises(KeyError):
            line.ask("get", "f")("a")
        assert line.raised == ("KeyError", "'a'")


def test_objects_are_equal_only_where_what_they_hold_says_so_too():
    honest = """
class P:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
"""
    lies = honest.replace("self.x == other.x", "True")
    for source in (honest, lies):
        with beside(source, objects=True, reference=honest) as line:
            line.ready()
            line.ask("load")
            made = line.ask("get", "P")
            made._past.name = "P"
            assert made(1) == made(1) and made(1) != made(2)
            # A plain value is never asked for its opinion of an object, nor the object.
            assert made(1) != 1


def test_objects_that_nothing_confirms_give_no_verdict():
    source = """
class P:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return True
def one(): return P(1)
"""
    with beside(source, objects=True) as line:
        line.ready()
        line.ask("load")
        one = line.ask("get", "one")
        with pytest.raises(NoVerdict):
            # Neither was made by the test, so no object of the reference stands beside them.
            assert one() == one()
