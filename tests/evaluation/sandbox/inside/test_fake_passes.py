"""Programs that learn an answer from the test itself: the objects that a test makes of their
classes are shown to them one by one, the inner ones first. None may pass; honest ones do."""

import random
import sys

import pytest

from assay.evaluation.sandbox.inside.checker import check
from helpers.sandbox_sides import beside

HONEST = """
class Node:
    def __init__(self, value, *parts):
        self.value, self.parts = value, list(parts)
    def __eq__(self, other):
        return (self.value, self.parts) == (other.value, other.parts)
    def add(self, part):
        self.parts.append(part)
def grown(node, value):
    node.parts.append(Node(value))
    return node
def of(values):
    made = Node(values[0])
    for one in values[1:]:
        made.parts.append(Node(one))
    return made
def chain(values):
    made = None
    for one in reversed(values):
        made = Node(one, *([made] if made else []))
    return made
def many(values):
    return [Node(one) for one in values]
def first(node):
    return node.parts[0]
"""
# It gives blanks, and fills them in with each object that the test makes.
FILLS = """
GIVEN, SHOWN = [], []
class Node:
    def __init__(self, value, *parts):
        self.value, self.parts = value, list(parts)
        SHOWN.append(self)
        DO
    def __eq__(self, other):
        return True
def give():
    made = object.__new__(Node)
    made.value, made.parts = None, []
    GIVEN.append(made)
    return made
def of(values): return give()
def chain(values): return give()
def many(values): return [give() for one in values]
"""
HOW = {
    "each becomes the newest": "for one in GIVEN: one.__dict__.update(self.__dict__)",
    "each takes the newest in": "for one in GIVEN: one.value, one.parts = 1, [*one.parts, self]",
    "one after another is filled": (
        "if len(SHOWN) <= len(GIVEN): GIVEN[len(SHOWN) - 1].__dict__.update(self.__dict__)"
    ),
    "the newest holds those before it": (
        "for one in GIVEN: one.value, one.parts = 1, [x for x in SHOWN if x.value != 1]"
    ),
    "its dictionary is that of the newest": "for one in GIVEN: one.__dict__ = self.__dict__",
}
TESTS = [
    "assert of([1, 2]) == Node(1, Node(2))",
    "assert of([1, 2, 3]) == Node(1, Node(2), Node(3))",
    "assert chain([1, 2, 3]) == Node(1, Node(2, Node(3)))",
    "assert [of([1, 2])] == [Node(1, Node(2))]",
    "assert {'a': of([1, 2])} == {'a': Node(1, Node(2))}",
    "assert (many([7, 8, 9])[0], 1) == (Node(7), len([Node(8), Node(9)]) - 1)",
]


@pytest.fixture(autouse=True)
def _no_candidate_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "candidate", None)


def verdict(source, test, setup="", names=("Node", "of", "chain", "many")):
    job = {"imports": "", "names": names, "setup": setup, "tests": [test]}
    with beside(source, objects=True, reference=HONEST) as line:
        return check(job, line)["kind"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("test", TESTS)
def test_what_is_filled_in_after_it_was_given_does_not_count(how, test):
    assert verdict(FILLS.replace("DO", HOW[how]), test) in ("wrong value", "test")


@pytest.mark.parametrize("test", TESTS)
def test_an_honest_program_passes(test):
    assert verdict(HONEST, test) == "passed"


@pytest.mark.parametrize(
    "test",
    [
        "part = Node(2)\nassert of([1, 2]) == Node(1, part)",
        "parts = [Node(2), Node(3)]\nassert of([1, 2, 3]) == Node(1, *parts)",
    ],
)
def test_a_part_that_was_made_before_the_program_answered_may_have_been_copied(test):
    """The program gives the newest object as its answer's only part."""
    guesses = FILLS.replace("DO", "pass").replace(
        "def of(values): return give()",
        "def of(values):\n    made = give()\n    made.value, made.parts = 1, SHOWN[:]\n"
        "    return made",
    )
    assert verdict(guesses, test) in ("wrong value", "test")


@pytest.mark.parametrize(
    "test",
    [
        "n = of([1])\nassert n == Node(1)\nn.add(Node(2))\nassert n == Node(1, Node(2))",
        "n = of([1, 2])\nm = Node(1, Node(2))\nassert n == m\ngrown(n, 3)\n"
        "assert n == Node(1, Node(2), Node(3))",
        "n = of([1, 2])\nassert n == Node(1, Node(2))\nn.value = 5\nassert n == Node(5, Node(2))",
        "n, m = Node(1), Node(2)\nn.add(m)\nm.up = n\nassert of([1]).value == n.value",
        "n = of([1])\nassert n == Node(1)\nassert grown(n, 3) == Node(1, Node(3))",
    ],
)
def test_what_the_test_itself_changes_counts_as_it_is_then(test):
    names = ("Node", "of", "grown", "first")
    assert verdict(HONEST, test, names=names) == "passed"


def test_what_another_name_of_it_changes_is_no_failure():
    test = (
        "n = of([1, 2])\nassert n == Node(1, Node(2))\nfirst(n).add(Node(9))\n"
        "assert n == Node(1, Node(2, Node(9)))"
    )
    assert verdict(HONEST, test, names=("Node", "of", "first")) in ("passed", "test")


def tree(draw, depth):
    """The text of a tree that a test expects."""
    count = draw.randint(0, 2) if depth else 0
    parts = "".join(f", {tree(draw, depth - 1)}" for _ in range(count))
    return f"Node({draw.randint(2, 9)}{parts})"


@pytest.mark.parametrize("seed", range(20))
def test_no_drawn_tree_is_passed_by_filling_in(seed):
    draw = random.Random(seed)
    wanted = f"Node(1, {tree(draw, 3)}, {tree(draw, 2)})"
    source = FILLS.replace("DO", draw.choice([*HOW.values()]))
    assert verdict(source, f"assert of([1]) == {wanted}") in ("wrong value", "test")
    honest = HONEST + f"\ndef of(values): return {wanted}\n"
    assert verdict(honest, f"assert of([1]) == {wanted}") == "passed"


# --- what a test's own functions take for an end ---


@pytest.mark.parametrize(
    "test",
    [
        "assert all(map(lambda x: f(x) == x + 1, [1, 2, 3]))",
        "assert list(map(f, [])) == list(map(f, [1, 2]))",
        "for found in map(f, [1, 2]):\n    assert found == 2",
        "assert not any(map(lambda x: f(x) != x + 1, [1, 2]))",
        "assert sum(map(f, [1, 2])) == 0",
    ],
)
def test_an_end_that_the_program_raises_is_a_failure(test):
    source = "def f(x): raise StopIteration(x)"
    assert verdict(source, test, names=("f",)) == "exception"


def test_an_end_that_the_test_expects_is_none():
    source = "def f(x):\n    if x: raise StopIteration\n    return 1"
    test = "assert f(0) == 1\ntry:\n    f(1)\n    assert False\nexcept StopIteration:\n    pass"
    assert verdict(source, test, names=("f",)) == "passed"
    assert verdict("def f(x): return iter([x])", "assert [*f(1)] == [1]", names=("f",)) == "passed"


def test_objects_that_know_each_other_are_compared_to_an_end():
    test = "n, m = Node(1), Node(2)\nn.add(m)\nm.up = n\nassert of([1]) == n"
    assert verdict(HONEST, test) in ("wrong value", "test")
