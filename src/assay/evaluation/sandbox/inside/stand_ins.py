"""Stand-ins for the program's functions and objects, on the checker's side, and the line that they
speak through.

Objects   two are equal where the program's `__eq__` says so and what they hold is the same, looked
          at here: what the test has made is made again of the reference's class
          (`reference_objects.py`), what the program has given is taken as it was before anything
          of that was made, its parts too. Where the two disagree and it cannot be told who is
          right, there is no verdict
"""

from __future__ import annotations

import builtins
import json
import socket
from collections.abc import Iterator
from typing import Any

from assay.evaluation.sandbox.inside.reference_objects import (
    ProgramStandIn,
    Recipe,
    Reference,
    Side,
)
from assay.evaluation.sandbox.inside.shape import ObjectShape, unpack_shape
from assay.evaluation.sandbox.inside.wire import READY, decode, encode, receive, send

TEXT = 200  # characters of a message
LOOKED_AT = 100  # objects whose shape is asked for before a test makes another one


class CandidateError(Exception):
    """The program raised what is none of Python's own exceptions."""


class Ended(BaseException):
    """The program's process has ended, or sends what is no answer. No test can catch it by
    accident."""


class NoVerdict(BaseException):
    """The program says that its objects are alike, and it cannot be seen whether they are."""


class SandboxChannel:
    """The way to the other sandbox."""

    def __init__(self, channel: socket.socket, objects: bool, reference: Reference):
        self.channel, self.objects, self.reference = channel, objects, reference
        self.raised: tuple[str, str] | None = None  # the last exception that came from the program
        self.doubt = False  # of what the test at work has compared
        self.given: list[Object] = []  # objects that the program has made
        self.count = 0  # of objects
        self.touches = 0  # calls and changes by which the program's objects may hold other things
        self.test = ""  # the one at work

    def ready(self) -> None:
        """Raises: EOFError, OSError, ValueError: the other side did not come."""
        if receive(self.channel) != READY:
            raise ValueError("the other side does not begin as it should")

    def ask(self, *request: Any, args: tuple[Any, ...] = ()) -> Any:
        try:
            send(self.channel, request)
            reply = receive(self.channel)
            if reply[0] == "value":
                value = decode(reply[1], self.stand_in)
                for at, changed in reply[2]:
                    _change(args[at], decode(changed, self.stand_in))
                return value
            name, text = str(reply[1])[:TEXT], str(reply[2])[:TEXT]
        except (EOFError, OSError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise Ended(str(error)) from None
        if name == "StopIteration" and request[0] == "next":
            raise StopIteration
        self.raised = (name, text)
        if name == "StopIteration" and name not in self.test:
            # `map` would take it for its end, and `all` would be true of what is left out
            raise CandidateError(f"{name}: {text}")
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError:
            try:
                raise kind(text)
            except TypeError:
                pass  # its constructor wants more than a text
        raise CandidateError(f"{name}: {text}")

    def stand_in(self, kind: str, number: int) -> Any:
        if kind == "function":
            return Function(self, number)
        if kind == "iterator":
            return Items(self, number)
        return Object(self, number) if self.objects else Opaque(self, number)

    def look(self) -> None:
        """Note what the program's objects hold, before it is told what they may be compared
        with."""
        self.given = [one for one in self.given if one._past.recipe is None][-LOOKED_AT:]
        some = [one for one in self.given if one._past.looked_at != self.touches]
        for one, shape in zip(some, self.shapes(some), strict=True):
            one._past.take(shape, self.touches)

    def shapes(self, objects: list[Object]) -> list[ObjectShape | None]:
        if not objects:
            return []
        said = self.ask("shapes", [one._number for one in objects])
        if not isinstance(said, list) or len(said) != len(objects):
            raise Ended("it sent no shapes")
        return [unpack_shape(json.loads(one)) for one in said]

    def sides(self, one: Object, two: Object, *, now: bool = False) -> tuple[Side, Side]:
        """What two objects are held to be, for the reference to compare.

        Args:
            now: two of the program's own may be taken as they are: their order decides nothing by
                itself.
        """
        first, second = one._past, two._past
        if first.recipe is None and second.recipe is None:
            found = self.shapes([one, two]) if now else [None, None]
            return found[0], found[1]
        # What the program gives once it was told what the test expects may be a copy of that.
        if first.recipe is None:
            return first.shape if first.born < _objects_before(two) else None, second.recipe
        if second.recipe is None:
            return first.recipe, second.shape if second.born < _objects_before(one) else None
        return first.recipe, second.recipe

    def confirm(self, own: bool, seen: bool | None) -> bool:
        """What is taken for true, of what the program says and of what is seen."""
        self.doubt = self.doubt or own is not seen
        if own and seen is None:
            raise NoVerdict
        return own and seen is True


def _change(value: Any, new: Any) -> None:
    if isinstance(value, list):
        value[:] = new
    elif isinstance(value, dict | set):
        value.clear()
        value.update(new)


class Opaque(ProgramStandIn):
    """Something that a test can do nothing with but hand it on."""

    _line: SandboxChannel
    _number: int

    def __init__(self, line: SandboxChannel, number: int):
        self.__dict__.update(_line=line, _number=number)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__: None = None

    def _call(
        self, *request: Any, args: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        sent = [encode(one, _handle) for one in args]
        return self._line.ask(
            *request, sent, {k: encode(v, _handle) for k, v in (named or {}).items()}, args=args
        )


class Function(Opaque):
    def __call__(self, *args: Any, **named: Any) -> Any:
        owner, name = self.__dict__.get("_method", (None, ""))
        if owner is not None and owner._past.name:  # a class method that makes an object
            return owner._make(self._number, f"{owner._past.name}.{name}", args, named)
        value = self._call("call", self._number, args=args, named=named)
        self._line.touches += 1
        if owner is not None:
            _note(owner, "call", name, (args, named))
            _touch([*args, *named.values()])
        else:
            for one in (*args, *named.values()):
                _change_of(one)
        return value


class Items(Opaque):
    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._line.ask("next", self._number)


class Past:
    """Where an object comes from."""

    def __init__(self, born: int):
        self.born = born  # how many objects there were
        self.name = ""  # of the class that it is, in the reference
        self.recipe: Recipe | None = None  # of one that the test has made
        # what one of the program's held when the test first made another
        self.shape: ObjectShape | None = None
        self.looked_at = -1  # touches by then
        self.touched = True  # by the test, since then
        # a part of another object, by these attributes
        self.inside: tuple[Object, tuple[str, ...]] | None = None

    def take(self, shape: ObjectShape | None, touches: int) -> None:
        """The first shape counts: the program has seen since what the test makes. One that has
        changed by what was done with other objects cannot be told from one that it has filled
        in."""
        if self.touched or shape == self.shape:
            self.shape = shape
        else:
            self.shape = None
        self.looked_at, self.touched = touches, False


class Object(Function):
    """An object of the program's, or one of its classes."""

    _past: Past

    def __init__(self, line: SandboxChannel, number: int):
        super().__init__(line, number)
        line.count += 1
        self.__dict__["_past"] = Past(line.count)
        line.given.append(self)

    def __call__(self, *args: Any, **named: Any) -> Any:
        if not (name := self._past.name):
            return super().__call__(*args, **named)
        return self._make(self._number, name, args, named)

    def _make(self, number: int, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._line.look()
        made = self._call("call", number, args=args, named=named)
        if any(part._past.recipe is None for part in _objects([*args, *named.values()])):
            self._line.touches += 1  # an object of the program's may know it as its parent now
        if isinstance(made, Object):
            made._past.recipe = Recipe(name, args, named)
        return made

    def _recipe(self) -> Recipe | None:
        return self._past.recipe

    def __getattr__(self, name: str) -> Any:
        value = self._line.ask("attribute", self._number, name)
        owner, path = self._past.inside or (self, ())
        if isinstance(value, Object):
            value._past.inside = (owner, (*path, name))
        elif isinstance(value, Function):
            value.__dict__["_method"] = (self, name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        self._line.ask("set", self._number, name, encode(value, _handle))
        self._line.touches += 1
        _note(self, "set", name, value)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Object):
            return False
        own = self._call("special", self._number, "__eq__", args=(other,)) is True
        return self._line.confirm(own, self._line.reference.equal(*self._line.sides(self, other)))

    __hash__: None = None

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        own = self._call("special", self._number, "__lt__", args=(other,)) is True
        return self._line.confirm(
            own, self._line.reference.less(*self._line.sides(self, other, now=True))
        )

    def __iter__(self) -> Iterator[Any]:
        return iter(self._call("special", self._number, "__iter__"))

    def __len__(self) -> int:
        return self._call("special", self._number, "__len__")

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, place: Any) -> Any:
        return self._call("special", self._number, "__getitem__", args=(place,))

    def __str__(self) -> str:
        return self._call("special", self._number, "__str__")

    def __repr__(self) -> str:
        return self._call("special", self._number, "__repr__")

    def __instancecheck__(self, one: object) -> bool:
        return (
            isinstance(one, Object)
            and self._line.ask("isinstance", one._number, self._number) is True
        )


def _note(one: Object, verb: str, name: str, what: Any) -> None:
    """A test has done something with an object: its twin is to have the same done."""
    owner, path = one._past.inside or (one, ())
    if owner._past.recipe is not None:
        owner._past.recipe.steps.append((path, verb, name, what))
    _touch([one])


def _objects(value: Any) -> Iterator[Object]:
    if isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _objects(part)
    elif isinstance(value, Object):
        yield value


def _touch(value: Any) -> None:
    """A test has changed these, or has given them to the program to change."""
    for one in _objects(value):
        one._past.touched = True
        (one._past.inside or (one, ()))[0]._past.touched = True


def _objects_before(one: Object) -> int:
    """How many objects there were when the first part of one that the test has made was there."""
    found: dict[int, Object] = {}
    todo = [one]
    while todo:
        part = todo.pop()
        if id(part) not in found:
            found[id(part)] = part
            recipe = part._past.recipe
            todo += [] if recipe is None else _objects(recipe.used())
    return min(part._past.born for part in found.values())


def _change_of(one: Any) -> None:
    """The program was handed an object, and may have changed it: from now on it is the
    program's."""
    if isinstance(one, list | tuple):
        for part in one:
            _change_of(part)
    if not isinstance(one, Object):
        return
    _touch([one])
    owner, _ = one._past.inside or (one, ())
    for each in {id(each): each for each in (one, owner)}.values():
        past = each._past
        if past.recipe is not None:
            parts, past.recipe = past.recipe.used(), None
            each._line.count += 1
            past.born = each._line.count
            each._line.given.append(each)
            for part in parts:
                _change_of(part)


def _handle(value: Any) -> list[Any]:
    if isinstance(value, Opaque):
        return ["h", "", value._number]
    raise TypeError(
        f"a test hands a {type(value).__name__} to the program: only plain values can be sent"
    )
