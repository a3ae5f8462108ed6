"""The body of a request, read more strictly than Python's JSON reader does.

Refused   what is not UTF-8, NaN and infinity, numbers that overflow, a name twice in one object,
          half a character (`\\ud800`), more than 64 brackets inside each other, a content type
          other than JSON
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from assay.deployment.server.errors import HttpRefusal

DEEPEST = 64
DIGITS = 400  # of a number
LARGE = 32 << 10  # bytes of a body that is read on a thread
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse(said: str) -> NoReturn:
    raise HttpRefusal(400, f"the body cannot be read: {said}", "invalid_json")


def parse_body(data: bytes) -> Any:
    """The JSON value.

    Raises:
        Refused: 400, with the reason.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start} is not UTF-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
        too_deep = _deep(value) > DEEPEST
    except json.JSONDecodeError as error:
        _refuse(f"{error.msg} (line {error.lineno}, column {error.colno})")
    except RecursionError:
        value, too_deep = None, True
    if too_deep:
        _refuse(f"brackets stand more than {DEEPEST} deep inside each other")
    if _HALF.search(data) and any(
        "\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False)
    ):
        _refuse("it holds half a character")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            _refuse(f"'{name[:60]}' stands twice in one object")
        found[name] = value
    return found


def _constant(word: str) -> NoReturn:
    _refuse(f"{word} is no JSON number")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        _refuse(f"a number has {len(digits):,} digits")
    return int(digits)


def _finite(text: str) -> float:
    value = float(text) if len(text) <= DIGITS else float("inf")
    if value in (float("inf"), float("-inf")):
        _refuse(f"the number {text[:20]} is too large")
    return value


def _deep(value: Any) -> int:
    """Brackets inside each other."""
    if isinstance(value, list):
        value = [one for one in value if isinstance(one, list | dict)]
    elif isinstance(value, dict):
        value = value.values()
    else:
        return 0
    return 1 + max(map(_deep, value), default=0)


class _Strict(Request):
    async def json(self) -> Any:
        data = await self.body()
        if len(data) > LARGE:  # other requests are answered meanwhile
            return await asyncio.to_thread(parse_body, data)
        return parse_body(data)


class StrictRoute(APIRoute):
    """A route whose body is read by `parse_body`."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            if request.method == "POST":
                _is_json(request)
            return await handle(_Strict(request.scope, request.receive))

        return read


def _is_json(request: Request) -> None:
    """Raises: Refused: 415."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity").lower()
    if kind != "application/json" or packed != "identity":
        text = "the body must be JSON, not packed: send Content-Type: application/json"
        raise HttpRefusal(415, text, "unsupported_media")
