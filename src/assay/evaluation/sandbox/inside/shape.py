"""What an object is made of: the name of its class and its attributes, down to plain values. Both
sandboxes use it.

What it is for   objects of the program's classes are compared by what they hold, on the checker's
                 side, and not by an `__eq__` that the program has written
Cannot           an object whose attributes are functions, iterators or objects without attributes
                 has no shape
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from assay.evaluation.sandbox.inside.wire import decode, encode

MOST = 2000  # objects in one shape
# Of type itself: a metaclass has no say.
NAME, ORDER, SPACE = (type.__dict__[name].__get__ for name in ("__name__", "__mro__", "__dict__"))


class ObjectShape:
    """An object. Compared as plain values are."""

    __match_args__ = ("name", "attributes")
    __hash__: None = None

    def __init__(self, name: str, attributes: dict[str, Any]):
        self.name, self.attributes = name, attributes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectShape) and (self.name, self.attributes) == (
            other.name,
            other.attributes,
        )


class Back:
    """An object that stands so many levels further up: a parent that its child knows."""

    __match_args__ = ("up",)
    __hash__: None = None

    def __init__(self, up: int):
        self.up = up

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Back) and self.up == other.up


class _Walk:
    def __init__(self) -> None:
        self.above: list[int] = []
        self.count = 0

    def keep(self, value: Any) -> list[Any]:
        if isinstance(value, type):
            return ["h", "shape", [f"class {NAME(value)}", []]]
        if isinstance(
            value, Iterator | types.FunctionType | types.BuiltinFunctionType | types.MethodType
        ):
            raise TypeError("a function or an iterator has no shape")
        if id(value) in self.above:
            return ["h", "back", len(self.above) - self.above.index(id(value))]
        self.count += 1
        if self.count > MOST:
            raise ValueError("too many objects")
        self.above.append(id(value))
        held = [[name, encode(one, self.keep)] for name, one in attributes(value)]
        self.above.pop()
        return ["h", "shape", [NAME(type(value)), held]]


def attributes(value: Any) -> list[tuple[str, Any]]:
    """Those of the object itself, in the order in which they were set; slots where it has them."""
    found: dict[str, Any] = {}
    known = False
    for kind in reversed(ORDER(type(value))):
        space = SPACE(kind)
        known = known or "__dict__" in space
        for name in space:
            if isinstance(space[name], types.MemberDescriptorType):
                known = True
                try:
                    found[name] = space[name].__get__(value)
                except AttributeError:
                    continue  # not set
    if not known:
        raise TypeError("an object without attributes has no shape")
    with suppress(AttributeError):  # slots only
        found |= object.__getattribute__(value, "__dict__")
    return list(found.items())


def pack_shape(value: Any) -> Any:
    """The shape as JSON can hold it; None where it has none."""
    try:
        return _Walk().keep(value)
    except (TypeError, ValueError, RecursionError):
        return None


def unpack_shape(value: Any) -> ObjectShape | None:
    """The shape again; None where `pack_shape` gave none."""
    try:
        found = decode(value, _decode_part)
    except (TypeError, ValueError, LookupError, RecursionError):
        return None
    return found if isinstance(found, ObjectShape) else None


def _decode_part(kind: str, what: Any) -> ObjectShape | Back:
    if kind == "back":
        return Back(int(what))
    name, held = what
    return ObjectShape(str(name), {str(key): decode(one, _decode_part) for key, one in held})


def rebuilt(shape: Any, space: Mapping[str, Any], above: tuple[Any, ...] = ()) -> Any:
    """An object of that shape, of the classes in `space`. Its `__init__` is not run.

    Raises:
        LookupError, TypeError: there is no such class, or it takes no such attributes.
    """
    again: Callable[[Any], Any] = lambda one: rebuilt(one, space, above)  # noqa: E731
    match shape:
        case Back(up):
            return above[-up]
        case ObjectShape(name, held):
            kind = space[name]
            if not isinstance(kind, type):
                raise TypeError(f"{name} is no class")
            made = object.__new__(kind)
            for key, one in held.items():
                object.__setattr__(made, key, rebuilt(one, space, (*above, made)))
            return made
        case list() | tuple() | set() | frozenset():
            return type(shape)(map(again, shape))
        case dict():
            return {again(key): again(one) for key, one in shape.items()}
    return shape


def drop_names(shape: Any) -> Any:
    """The values alone, in their order: another program may give its attributes other names."""
    match shape:
        case ObjectShape(_, held):
            return ("object", [drop_names(one) for one in held.values()])
        case list() | tuple():
            return type(shape)(map(drop_names, shape))
        case dict():
            return {key: drop_names(one) for key, one in shape.items()}
    return shape


def names(shape: Any) -> Any:
    """What its attributes are called, without the values."""
    return (shape.name, sorted(shape.attributes)) if isinstance(shape, ObjectShape) else None
