"""What a client is told when it cannot have an answer: OpenAI's shape of an error, for everything.

    {"error": {"message": ..., "type": ..., "param": ..., "code": ...}}

Source   platform.openai.com/docs/guides/error-codes; what its clients read: status, `code`,
         `param`, Retry-After
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from assay.core.errors import AssayError, ResourceError
from assay.deployment.server.engine_api import QueueFull

KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
# that clients know by a name of OpenAI's
NAMED = {"M120": "context_length_exceeded", "M121": "model_not_supported"}
CODES = {404: "not_found", 405: "method_not_allowed"}
# Parameters of OpenAI's that ask for what is not done here. Others that are not known are slips.
UNSUPPORTED = frozenset(
    "tools tool_choice functions function_call"
    " audio modalities prediction web_search_options moderation suffix frequency_penalty"
    " presence_penalty logit_bias n best_of reasoning_effort verbosity service_tier".split()
)


class Detail(BaseModel):
    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """An error as OpenAI's clients read it."""

    error: Detail


class HttpRefusal(HTTPException):
    """A request that gets no answer. `param`: the field that it is about."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(status, message, dict(headers or {}))
        self.code = code
        self.param = param

    @property
    def body(self) -> dict[str, Any]:
        return body(self.status_code, str(self.detail), self.code, self.param)

    @property
    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status_code, self.headers)


def body(status: int, message: str, code: str, param: str | None = None) -> dict[str, Any]:
    kind = KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def busy(seconds: float, message: str, code: str = "rate_limit_exceeded") -> HttpRefusal:
    return HttpRefusal(429, message, code, headers={"Retry-After": str(max(1, math.ceil(seconds)))})


def stopping() -> HttpRefusal:
    return HttpRefusal(503, "the server is stopping", "stopping", headers={"Retry-After": "5"})


def late(seconds: float) -> HttpRefusal:
    return HttpRefusal(504, f"there is no whole answer after {seconds:g} s", "timeout")


def faulty(text: str, code: str) -> HttpRefusal:
    """What went wrong while an answer was made; `code` where the request is to blame."""
    return (
        HttpRefusal(400, text, NAMED.get(code, "invalid_request"))
        if code
        else HttpRefusal(500, text, "engine_error")
    )


def unanswerable(error: AssayError) -> HttpRefusal:
    """What the engine says of a request that it cannot take."""
    problem = error.problems[0]
    if isinstance(error, ResourceError):
        return HttpRefusal(503, problem.text, "unavailable", headers={"Retry-After": "5"})
    text = f"{problem.code} {problem.text}{f' ({problem.help})' if problem.help else ''}"
    return HttpRefusal(400, text, NAMED.get(problem.code, "invalid_request"))


def invalid(found: Sequence[Any]) -> HttpRefusal:
    """What is wrong with a body, said of the field it is about: of several errors the one that says
    most."""
    first = max(
        found,
        key=lambda one: (
            one["type"] == "extra_forbidden" and len(one["loc"]) == 2,
            len(one["loc"]),
        ),
    )
    for one in found:  # a part of a message that is an image, a sound, a file
        if (
            one["type"] == "literal_error"
            and one["loc"][1:2] == ("messages",)
            and one["loc"][-1] == "type"
        ):
            text = f"only parts of the type 'text' are read{_format_value(one.get('input'))}"
            return HttpRefusal(400, text, "unsupported_content", _param(one["loc"]))
    param, name = _param(first["loc"]), str(first["loc"][1]) if len(first["loc"]) > 1 else ""
    if (
        first["type"] in ("json_invalid", "model_attributes_type", "missing", "dict_type")
        and not param
    ):
        return HttpRefusal(400, "the body must be one JSON object", "invalid_body")
    if name in UNSUPPORTED:
        text = f"'{name}' is not supported here{_format_value(first.get('input'))}; leave it out"
        return HttpRefusal(400, text, "unsupported_parameter", name)
    if first["type"] == "extra_forbidden":
        return HttpRefusal(400, f"unknown parameter: '{param}'", "unknown_parameter", param)
    if first["type"] == "missing":
        return HttpRefusal(400, f"missing parameter: '{param}'", "missing_parameter", param)
    text = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return HttpRefusal(
        400,
        f"{param or 'the body'}: {text}{_format_value(first.get('input'))}",
        "invalid_value",
        param,
    )


def _param(place: Sequence[Any]) -> str | None:
    """The field, as a path of names. Branches of a union, such as `list[str]`, stand in no
    request."""
    own = [
        one
        for one in place[1:]
        if isinstance(one, int) or (one.isidentifier() and one[0].islower())
    ]
    return ".".join(map(str, own)) or None


def _format_value(value: Any) -> str:
    """The value, where it is short enough to be read."""
    if value is None or isinstance(value, dict | list):
        return ""
    try:
        text = json.dumps(value, ensure_ascii=True)
    except (TypeError, ValueError):  # an integer with more digits than Python writes
        return ""
    return f", got {text}" if len(text) <= 60 else ""


def answer_errors(app: FastAPI) -> None:
    """Have every error of the routes leave in this shape."""

    async def handle_error(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, HttpRefusal):
            return error.response
        if isinstance(error, QueueFull):
            return busy(error.seconds, str(error), "queue_full").response
        if isinstance(error, AssayError):
            return unanswerable(error).response
        if isinstance(error, RequestValidationError):
            return invalid(error.errors()).response
        if isinstance(error, HTTPException):
            said = f"{request.method} {request.url.path}: {str(error.detail).lower()}"
            code = CODES.get(error.status_code, "invalid_request")
            return HttpRefusal(error.status_code, said, code, headers=error.headers).response
        return HttpRefusal(
            500, "something went wrong here; the server's log says what", "internal_error"
        ).response

    for kind in (QueueFull, AssayError, RequestValidationError, HTTPException, 500):
        app.add_exception_handler(kind, handle_error)
