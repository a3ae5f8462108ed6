"""What objects are made of, told without a word of the objects' own."""

import json
from dataclasses import dataclass

import pytest

from assay.evaluation.sandbox.inside.shape import (
    Back,
    ObjectShape,
    drop_names,
    pack_shape,
    rebuilt,
    unpack_shape,
)


@dataclass
class Node:
    value: object
    parent: object = None


class Slotted:
    __slots__ = ("x", "y")


def shape_of(value):
    """As it arrives: through JSON."""
    return unpack_shape(json.loads(json.dumps(pack_shape(value))))


def test_a_shape_is_the_class_and_its_attributes_down_to_plain_values():
    assert shape_of(Node([1, Node("a")])) == ObjectShape(
        "Node", {"value": [1, ObjectShape("Node", {"value": "a", "parent": None})], "parent": None}
    )
    slots = Slotted()
    slots.x = 1  # y is not set
    assert shape_of(slots) == ObjectShape("Slotted", {"x": 1})


def test_a_child_that_knows_its_parent_points_back_and_is_rebuilt_so():
    root = Node(1)
    root.value = Node(2, root)
    found = shape_of(root)
    assert found.attributes["value"].attributes["parent"] == Back(2)
    again = rebuilt(found, {"Node": Node})
    assert again.value.parent is again and again.value.value == 2


@pytest.mark.parametrize("value", [object(), Node(len), Node(iter([])), 3])
def test_what_has_no_attributes_or_holds_functions_has_no_shape(value):
    assert shape_of(value) is None


def test_attributes_of_other_names_hold_the_same_in_the_same_order():
    first, second = ObjectShape("P", {"x": 1, "y": [2]}), ObjectShape("P", {"a": 1, "b": [2]})
    assert first != second and drop_names(first) == drop_names(second)
    assert drop_names(ObjectShape("P", {"y": [2], "x": 1})) != drop_names(first)
