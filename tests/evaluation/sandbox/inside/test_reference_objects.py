"""Objects made a second time, of the reference's classes, and compared there."""

from assay.evaluation.sandbox.inside.reference_objects import Recipe, Reference
from assay.evaluation.sandbox.inside.shape import ObjectShape

POINT = """
class P:
    def __init__(self, x): self.x = x
    def __lt__(self, other): return self.x < other.x
    def move(self, by): self.x += by
    @classmethod
    def of(cls, x): return cls(2 * x)
"""


def made(*args, name="P"):
    return Recipe(name, args, {})


def test_a_twin_has_the_same_done_to_it():
    recipe = made(1)
    recipe.steps = [((), "call", "move", ((4,), {})), ((), "set", "name", "a")]
    twin = Reference(POINT, "").twin(recipe)
    assert (twin.x, twin.name) == (5, "a")
    assert Reference(POINT, "").twin(made(3, name="P.of")).x == 6


def test_objects_are_compared_by_what_they_hold():
    reference = Reference(POINT, "")
    assert reference.equal(made(1), made(1)) is True
    assert reference.equal(made(1), made(2)) is False
    assert reference.equal(made(1), ObjectShape("P", {"x": 1})) is True
    # Another name of an attribute: the same value is the same, another value proves nothing.
    assert reference.equal(made(1), ObjectShape("P", {"value": 1})) is True
    assert reference.equal(made(1), ObjectShape("P", {"value": 2})) is None
    assert reference.less(made(1), made(2)) is True


def test_where_the_reference_says_when_objects_are_equal_it_says():
    loose = POINT + "    def __eq__(self, other): return self.x % 10 == other.x % 10\n"
    assert Reference(loose, "").equal(made(1), made(11)) is True


def test_a_reference_that_fails_gives_no_twin_and_no_answer():
    broken = Reference("raise SystemExit", "")
    assert broken.twin(made(1)) is None and not broken.is_class("P")
    assert broken.equal(made(1), made(1)) is None
    assert Reference(POINT, "").twin(made()) is None  # its constructor wants a number
