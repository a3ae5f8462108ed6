"""Between our nouns and the bodies of `/chat/completions`.

Forms        a choice and a JSON schema go as `response_format: json_schema`, which OpenAI, vLLM and
             llama.cpp read alike; a choice is a schema of one object with one field, for some
             services take no other. A regular expression or a grammar has no form that all
             understand: it is asked plainly.
Without      what a service refuses to take (`seed`, `logprobs`, ...) is left out from then on
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Set
from typing import Any

from assay.core.answers import Decoding, Form, Generated
from assay.core.examples import Messages
from assay.models.remote.endpoint import Endpoint

FIELD = "label"  # of the object that holds a choice
# tokens that a choice takes beyond its own words: braces, quotes, the field, white space
AROUND = 24
_TOKEN_BYTES = 3.5  # bytes of a token, about; European languages have 3 to 5
_TURN = 4  # tokens around a turn
# What can be left out, and the words by which services name it when they refuse it.
OPTIONAL = {
    "response_format": ("response_format", "json_schema", "structured output", "grammar", "guided"),
    "max_tokens": ("max_completion_tokens",),
    "logprobs": ("logprobs", "logprob"),
    "seed": ("seed",),
    "top_p": ("top_p",),
    "temperature": ("temperature",),
    "stop": ("stop",),
}


def estimate_tokens(text: str) -> int:
    """Tokens of a text, estimated from its bytes: only the service knows them."""
    return math.ceil(len(text.encode()) / _TOKEN_BYTES)


def estimate_prompt_tokens(messages: Messages) -> int:
    return sum(estimate_tokens(message.content) + _TURN for message in messages)


def room(max_tokens: int, form: Form | None) -> int:
    """Tokens that an answer in this form may take."""
    if form is None or form.kind != "choice":
        return max_tokens
    longest = max(
        (estimate_tokens(json.dumps(option)) for option in json.loads(form.text)), default=0
    )
    return max(max_tokens, 2 * longest) + AROUND


def body_of(
    endpoint: Endpoint,
    messages: Messages,
    max_tokens: int,
    how: Decoding,
    sample: int,
    without: Set[str] = frozenset(),
) -> dict[str, Any]:
    """The request. `without`: parameters that the service does not take."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": message.role, "content": message.content} for message in messages],
        "temperature": how.temperature,
        "seed": (how.seed + sample) % 2**31,
        "logprobs": True,
        "max_tokens": room(max_tokens, how.form if "response_format" not in without else None),
    }
    if how.top_p < 1:
        body["top_p"] = how.top_p
    if how.stop:
        body["stop"] = list(how.stop)
    if (schema := schema_of(how.form)) is not None:
        wanted = {"name": "answer", "strict": True, "schema": schema}
        body["response_format"] = {"type": "json_schema", "json_schema": wanted}
    if "max_tokens" in without:
        body["max_completion_tokens"] = body["max_tokens"]
    return {name: value for name, value in body.items() if name not in without}


def schema_of(form: Form | None) -> dict[str, Any] | None:
    """The JSON schema that holds an answer to a form; None where there is none."""
    if form is None or form.kind in ("regex", "grammar"):
        return None
    if form.kind == "json":
        return json.loads(form.text)
    return {
        "type": "object",
        "properties": {FIELD: {"type": "string", "enum": json.loads(form.text)}},
        "required": [FIELD],
        "additionalProperties": False,
    }


def find_refused_parameter(message: str, body: dict[str, Any]) -> str:
    """The optional parameter of `body` that a service's message is about, or ""."""
    said = message.casefold()
    for name, words in OPTIONAL.items():
        if name in body and any(re.search(rf"(?<![a-z]){re.escape(word)}", said) for word in words):
            return name
    return ""


def answer_of(value: dict[str, Any], messages: Messages, form: Form | None) -> Generated:
    """What the service has written. A refusal is an answer without text.

    Args:
        value: the service's JSON, with at least one choice.
    """
    choice = _mapping(value["choices"][0])
    message = _mapping(choice.get("message"))
    said, refusal = _text(message.get("content")), _text(message.get("refusal"))
    ended = choice.get("finish_reason")
    refused = bool(refusal) or ended == "content_filter"
    usage = _mapping(value.get("usage"))
    text = refusal or said
    return Generated(
        text if refused else choice_text(text, form),
        _count(usage.get("prompt_tokens"), estimate_prompt_tokens(messages)),
        _count(usage.get("completion_tokens"), estimate_tokens(text)),
        truncated=ended == "length",
        logprob=logprob_of(choice.get("logprobs")),
        refused=refused,
    )


def choice_text(text: str, form: Form | None) -> str:
    """The option that an object of the choice's schema holds; the text as it is where it is no such
    object."""
    text = text.strip()
    if form is None or form.kind != "choice":
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    held = value.get(FIELD) if isinstance(value, dict) else value
    return held if isinstance(held, str) else text


def logprob_of(found: Any) -> float | None:
    """Natural-log likelihood of the written tokens; None where the service does not say."""
    tokens = found.get("content") if isinstance(found, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    values = [token.get("logprob") if isinstance(token, dict) else None for token in tokens]
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        return None
    return float(sum(value for value in values if value is not None))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    """Of a text, or of a list of parts. Half a character cannot be written to a file."""
    if isinstance(content, list):
        content = "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _count(value: Any, otherwise: int) -> int:
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0
        else otherwise
    )
