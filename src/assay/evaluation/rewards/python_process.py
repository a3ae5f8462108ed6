"""The process that runs a reward function of the user's: requests come on standard input, a line
of JSON each, and a line goes back on what was standard output. What the function prints goes to
standard error."""

from __future__ import annotations

import json
import os
import sys
import traceback
from numbers import Real
from pathlib import Path
from typing import Any

NAME = "<reward>"  # what the text is compiled under where it has no file


def main(*arguments: Path) -> int:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**value: Any) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    job = json.loads(sys.stdin.readline())
    place = job["file"] or NAME
    names: dict[str, Any] = {"__name__": "reward", "__file__": place}
    try:
        exec(compile(job["source"], place, "exec"), names)
    except BaseException as error:  # noqa: BLE001  (whatever the user's file does)
        say(error="load", **describe_error(error, place))
        return 0
    function = names.get(job["function"])
    if not callable(function):
        known = [n for n, v in names.items() if callable(v) and not n.startswith("_")]
        say(error="missing", known=known)
        return 0
    say(ready=True)
    for line in sys.stdin:
        given = json.loads(line)
        try:
            values = function(given["questions"], given["answers"], given["targets"])
            say(**numbers(values))
        except BaseException as error:  # noqa: BLE001
            say(error="raised", **describe_error(error, place))
    return 0


def describe_error(error: BaseException, place: str) -> dict[str, Any]:
    """The error in a line, and the line of the file that it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == place]
    if isinstance(error, SyntaxError):
        lines.append(error.lineno)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return {"text": said[:300], "line": (lines or [0])[-1]}


def numbers(values: Any) -> dict[str, Any]:
    """The values as JSON has them, or what is wrong with their type."""
    if isinstance(values, str | bytes | dict) or not hasattr(values, "__iter__"):
        return {"error": "type", "text": f"returned {a(values)}, not a list of numbers"}
    found = []
    for at, value in enumerate(values):
        if not isinstance(value, Real) and not hasattr(value, "item"):
            return {"error": "type", "text": f"returned {a(value)} for answer {at + 1}"}
        number = value if isinstance(value, Real) else value.item()
        if not isinstance(number, Real):
            return {"error": "type", "text": f"returned {a(value)} for answer {at + 1}"}
        found.append(float(number))
    return {"values": found}


def a(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
