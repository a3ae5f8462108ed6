"""The checker's side: run the tests as they are, with the candidate's names replaced by stand-ins.

How        a stand-in sends the arguments to the candidate's sandbox and gets a plain value back;
           whatever the test does with it, the comparison above all, is done here by Python's own
           types
Verdict    written once, after the last test, on a pipe that the candidate's sandbox does not have,
           with a token that it has not seen
Stand-ins  functions can be called, iterators iterated. Objects only where the tests themselves name
           a class of the program (`Node(1)`): they have attributes and methods, and may be compared
           with one another. Compared with a plain value an object is different, whatever its
           `__eq__` says: it is not asked
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from assay.evaluation.sandbox.inside.enter import enter
from assay.evaluation.sandbox.inside.reference_objects import Reference
from assay.evaluation.sandbox.inside.stand_ins import TEXT, Ended, NoVerdict, Object, SandboxChannel

DOUBT = "it compares objects by methods of the program's, which nothing else confirms"


def check(job: dict[str, Any], line: SandboxChannel) -> dict[str, Any]:
    """Run the tests in order, up to the first that fails.

    Returns:
        {"kind": "passed", "wrong value", "exception", "test", "ended" or "syntax", "at": place of
        the test, "text"}; "absent": the other sandbox was never there.
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
        for name in job["names"]:
            if isinstance(space[name], Object) and line.reference.is_class(name):
                space[name]._past.name = name
        exec(compile(job["setup"], "<setup>", "exec"), space)
        for at, test in enumerate(job["tests"]):  # noqa: B007
            line.raised, line.doubt, line.test = None, False, test
            exec(compile(test, "<test>", "exec"), space)
            if line.doubt:
                raise NoVerdict
    except NoVerdict:
        return {"kind": "test", "at": at, "text": DOUBT}
    except Ended as error:
        return {"kind": "ended", "at": at, "text": str(error)[:TEXT]}
    except BaseException as error:  # noqa: BLE001 - a test or the program may raise anything
        return _failure(error, at, line)
    return {"kind": "passed", "at": at, "text": ""}


def _failure(error: BaseException, at: int, line: SandboxChannel) -> dict[str, Any]:
    if line.raised is not None and not isinstance(error, AssertionError):
        name, text = line.raised
        kind = (
            "syntax"
            if name in ("SyntaxError", "IndentationError", "TabError") and at < 0
            else "exception"
        )
        return {"kind": kind, "at": at, "text": f"{name}: {text}"[:TEXT]}
    if isinstance(error, AssertionError):
        return {"kind": "wrong value", "at": at, "text": ""}
    # The test's own doing with a value: `f(x) < 3` where f gave None. Python would raise it there,
    # too.
    return {"kind": "wrong value", "at": at, "text": f"{type(error).__name__}: {error}"[:TEXT]}


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    enter(job["user"])
    os.write(job["verdict"], b" ")  # here at all; JSON does not mind
    with socket.socket(fileno=job["channel"]) as channel:
        found = check(
            job,
            SandboxChannel(channel, job["objects"], Reference(job["reference"], job["imports"])),
        )
    os.write(job["verdict"], json.dumps({**found, "token": job["token"]}).encode())
