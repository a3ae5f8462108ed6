"""What the server says: OpenAI's shapes of answers, whole and in parts.

Beyond OpenAI   `passages` of a choice: ids of the documents' passages that a retrieving arm has
                read
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from assay.deployment.server.engine_api import Piece, Served, Told

LEAST = -9999.0  # a log-probability that stands for minus infinity, which JSON has not

Finish = Literal["stop", "length"]


class Model(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "assay"
    kind: str
    context_length: int


class Models(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model]


class Cached(BaseModel):
    cached_tokens: int = 0


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: Cached = Cached()


class Likely(BaseModel):
    token: str
    logprob: float
    bytes: list[int]


class Token(Likely):
    top_logprobs: list[Likely] = []


class Logprobs(BaseModel):
    content: list[Token]
    refusal: None = None


class AssistantMessage(BaseModel):
    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    index: int
    message: AssistantMessage
    logprobs: Logprobs | None = None
    finish_reason: Finish
    passages: list[str] | None = None


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage


class TextLogprobs(BaseModel):
    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class TextChoice(BaseModel):
    index: int
    text: str
    logprobs: TextLogprobs | None = None
    finish_reason: Finish
    passages: list[str] | None = None


class Completion(BaseModel):
    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[TextChoice]
    usage: Usage


class Vector(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    prompt_tokens: int
    total_tokens: int


class EmbeddingReply(BaseModel):
    object: Literal["list"] = "list"
    data: list[Vector]
    model: str
    usage: EmbeddingUsage


class FeedbackReply(BaseModel):
    id: str
    object: Literal["feedback"] = "feedback"


class State(BaseModel):
    status: Literal["alive", "ready"]


def model_of(served: Served) -> Model:
    return Model(
        id=served.name, created=served.created, kind=served.kind, context_length=served.context
    )


def usage(last: Sequence[Piece]) -> Usage:
    """Of the last pieces of all answers of a request."""
    prompt, written = (
        sum(piece.prompt_tokens for piece in last),
        sum(piece.written for piece in last),
    )
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=written,
        total_tokens=prompt + written,
        prompt_tokens_details=Cached(cached_tokens=sum(piece.shared for piece in last)),
    )


def _likely(text: str, logprob: float | None) -> dict[str, Any]:
    value = LEAST if logprob is None else max(logprob, LEAST)
    return {"token": text, "logprob": value, "bytes": list(text.encode())}


def chat_logprobs(tokens: Sequence[Told]) -> Logprobs:
    return Logprobs(
        content=[
            Token(
                **_likely(told.text, told.logprob),
                top_logprobs=[Likely(**_likely(*one)) for one in told.top],
            )
            for told in tokens
        ]
    )


def text_logprobs(tokens: Sequence[Told], top: int, start: int = 0) -> TextLogprobs:
    """Args:
    top: how many likeliest tokens were asked for; with 0 there is no list of them. start:
    characters before these.
    """
    offsets = []
    for told in tokens:
        offsets.append(start)
        start += len(told.text)
    return TextLogprobs(
        tokens=[told.text for told in tokens],
        token_logprobs=[
            None if told.logprob is None else max(told.logprob, LEAST) for told in tokens
        ],
        top_logprobs=[_best(told) for told in tokens] if top else None,
        text_offset=offsets,
    )


def _best(told: Told) -> dict[str, float] | None:
    """The likeliest texts at a place and the one that stands there; None for the first of a prompt.
    Of two tokens with one text the likelier."""
    if told.logprob is None:
        return None
    found: dict[str, float] = {}
    for text, logprob in (*told.top, (told.text, told.logprob)):
        found[text] = max(found.get(text, LEAST), logprob)
    return found
