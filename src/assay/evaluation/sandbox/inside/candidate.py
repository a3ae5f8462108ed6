"""The candidate's side: run the program, then call what the checker asks for and send back what
came of it.

It holds no test and no expected value. The program shares this process and may do with it what it
likes, lie about every value included; it only ever sees arguments, so a lie has to be a guess.
"""

import json
import socket
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from assay.evaluation.sandbox.inside.enter import enter
from assay.evaluation.sandbox.inside.wire import READY, decode, encode, receive, send

TEXT = 200  # characters of an exception's message
_ORDER = type.__dict__["__mro__"].__get__  # a metaclass has no say
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


class ProgramSide:
    """The program's names, and the objects that handles stand for."""

    def __init__(self, source: str, imports: str):
        self.source, self.imports = source, imports
        self.module = types.ModuleType("candidate")
        sys.modules["candidate"] = self.module
        self.kept: list[Any] = []

    def load(self) -> None:
        """Run the program once. Its `if __name__ == "__main__"` part is left out."""
        space = self.module.__dict__
        exec(compile(self.imports, "<setup>", "exec"), space)
        exec(compile(self.source, "<program>", "exec"), space)

    def keep(self, value: Any) -> list[Any]:
        kind = "object"
        if isinstance(value, Iterator):
            kind = "iterator"
        elif isinstance(value, FUNCTIONS):
            kind = "function"
        self.kept.append(value)
        return ["h", kind, len(self.kept) - 1]

    def find(self, kind: str, number: int) -> Any:
        return self.kept[number]

    def answer(self, asked: list[Any]) -> list[Any]:
        """What came of one request, as a message."""
        verb, *rest = asked
        if verb == "load":
            self.load()
            return ["value", None, []]
        if verb == "shapes":
            from assay.evaluation.sandbox.inside.shape import (
                pack_shape,  # most programs have no objects
            )

            return [
                "value",
                encode([json.dumps(pack_shape(self.kept[number])) for number in rest[0]]),
                [],
            ]
        if verb == "get":
            if rest[0] not in self.module.__dict__:
                raise NameError(f"name '{rest[0]}' is not defined")
            return ["value", encode(self.module.__dict__[rest[0]], self.keep), []]
        target = self.kept[rest[0]]
        if verb == "attribute":
            return ["value", encode(getattr(target, rest[1]), self.keep), []]
        if verb == "set":
            setattr(target, rest[1], decode(rest[2], self.find))
            return ["value", None, []]
        if verb == "isinstance":
            return ["value", any(one is self.kept[rest[1]] for one in _ORDER(type(target))), []]
        if verb == "next":
            return ["value", encode(next(target), self.keep), []]
        if verb == "special":
            target = getattr(type(target), rest[1]).__get__(target)
            rest = [rest[0], *rest[2:]]
        given = rest[1]
        args = decode(["l", given], self.find)
        named = {name: decode(value, self.find) for name, value in rest[2].items()}
        value = encode(target(*args, **named), self.keep)
        return ["value", value, self.argument_changes(given, args)]

    def argument_changes(self, given: list[Any], args: list[Any]) -> list[Any]:
        """Arguments that the call has changed, as [place, value]: the checker's own are changed
        likewise."""
        found = []
        for at, (before, value) in enumerate(zip(given, args, strict=True)):
            if (
                isinstance(value, list | dict | set)
                and (after := encode(value, self.keep)) != before
            ):
                found.append([at, after])
        return found


def serve(side: ProgramSide, channel: socket.socket) -> None:
    while True:
        asked = receive(channel)
        try:
            reply = side.answer(asked)
        # of a program that may raise anything, SystemExit too
        except BaseException as error:  # noqa: BLE001
            reply = ["raised", type(error).__name__, _error_text(error)]
        try:
            send(channel, reply)
        except ValueError as error:
            send(channel, ["raised", "ValueError", str(error)])


def _error_text(error: BaseException) -> str:
    try:
        return str(error)[:TEXT]
    except BaseException:  # noqa: BLE001 - the exception is the program's own
        return ""


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    enter(job["user"])
    side = ProgramSide(job["source"], job["imports"])
    # The other side ends when the checker has what it wants.
    with suppress(EOFError, OSError), socket.socket(fileno=job["channel"]) as channel:
        # before the program has a say: without it, it is the sandbox that has failed
        send(channel, READY)
        serve(side, channel)
