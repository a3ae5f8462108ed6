"""The checker's side: run the tests as they are, with the candidate's names replaced by stand-ins.

How        a stand-in sends the arguments to the candidate's sandbox and gets a plain value back; whatever the test does
           with it, the comparison above all, is done here by Python's own types
Verdict    written once, after the last test, on a pipe that the candidate's sandbox does not have, with a token that it
           has not seen
Stand-ins  functions can be called, iterators iterated. Objects only where the tests themselves name a class of the
           program (`Node(1)`): they have attributes and methods, and may be compared with one another. Compared with a
           plain value an object is different, whatever its `__eq__` says: it is not asked
"""

from __future__ import annotations

import builtins
import json
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

from assay.validate.sandbox.inside.enter import enter
from assay.validate.sandbox.inside.wire import READY, decode, encode, receive, send

TEXT = 200


class CandidateError(Exception):
    """The program raised what is none of Python's own exceptions."""


class Ended(BaseException):
    """The program's process has ended, or sends what is no answer. No test can catch it by accident."""


class Line:
    """The way to the other sandbox."""

    def __init__(self, channel: socket.socket, objects: bool):
        self.channel, self.objects = channel, objects
        self.raised: tuple[str, str] | None = None  # the last exception that came from the program

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


def _change(value: Any, new: Any) -> None:
    if isinstance(value, list):
        value[:] = new
    elif isinstance(value, dict | set):
        value.clear()
        value.update(new)


class Opaque:
    """Something that a test can do nothing with but hand it on."""

    _line: Line
    _number: int

    def __init__(self, line: Line, number: int):
        self.__dict__.update(_line=line, _number=number)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__: None = None

    def _call(self, *request: Any, args: tuple[Any, ...] = (), named: dict[str, Any] | None = None) -> Any:
        sent = [encode(one, _handle) for one in args]
        return self._line.ask(*request, sent, {k: encode(v, _handle) for k, v in (named or {}).items()}, args=args)


class Function(Opaque):
    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._call("call", self._number, args=args, named=named)


class Items(Opaque):
    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._line.ask("next", self._number)


class Object(Function):
    """An object of the program's, or one of its classes."""

    def __getattr__(self, name: str) -> Any:
        return self._line.ask("attribute", self._number, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._line.ask("set", self._number, name, encode(value, _handle))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Object) and self._call("special", self._number, "__eq__", args=(other,)) is True

    __hash__: None = None

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        return self._call("special", self._number, "__lt__", args=(other,)) is True

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
        return isinstance(one, Object) and self._line.ask("isinstance", one._number, self._number) is True


def _handle(value: Any) -> list[Any]:
    if isinstance(value, Opaque):
        return ["h", "", value._number]
    raise TypeError(f"a test hands a {type(value).__name__} to the program: only plain values can be sent")


def check(job: dict[str, Any], line: Line) -> dict[str, Any]:
    """Run the tests in order, up to the first that fails.

    Returns:
        {"kind": "passed", "wrong value", "exception", "ended" or "syntax", "at": place of the test, "text"}; "absent":
        the other sandbox was never there.
    """
    at = -1
    try:
        line.ready()
    except (EOFError, OSError, ValueError) as error:
        return {"kind": "absent", "at": at, "text": str(error)[:TEXT]}
    try:
        line.ask("load")
        space: dict[str, Any] = {"__name__": "tests"}
        exec(compile(job["imports"], "<imports>", "exec"), space)
        space.update({name: line.ask("get", name) for name in job["names"]})
        exec(compile(job["setup"], "<setup>", "exec"), space)
        for at, test in enumerate(job["tests"]):  # noqa: B007
            line.raised = None
            exec(compile(test, "<test>", "exec"), space)
    except Ended as error:
        return {"kind": "ended", "at": at, "text": str(error)[:TEXT]}
    except BaseException as error:  # noqa: BLE001 - a test or the program may raise anything
        return _failure(error, at, line)
    return {"kind": "passed", "at": at, "text": ""}


def _failure(error: BaseException, at: int, line: Line) -> dict[str, Any]:
    if line.raised is not None and not isinstance(error, AssertionError):
        name, text = line.raised
        kind = "syntax" if name in ("SyntaxError", "IndentationError", "TabError") and at < 0 else "exception"
        return {"kind": kind, "at": at, "text": f"{name}: {text}"[:TEXT]}
    if isinstance(error, AssertionError):
        return {"kind": "wrong value", "at": at, "text": ""}
    # The test's own doing with a value: `f(x) < 3` where f gave None. Python would raise it there, too.
    return {"kind": "wrong value", "at": at, "text": f"{type(error).__name__}: {error}"[:TEXT]}


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    enter(job["user"])
    os.write(job["verdict"], b" ")  # here at all; JSON does not mind
    with socket.socket(fileno=job["channel"]) as channel:
        found = check(job, Line(channel, job["objects"]))
    os.write(job["verdict"], json.dumps({**found, "token": job["token"]}).encode())
