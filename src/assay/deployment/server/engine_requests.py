"""Requests as the engine takes them."""

from __future__ import annotations

import secrets
from dataclasses import replace

from assay.core.answers import Decoding, Form
from assay.core.errors import did_you_mean
from assay.core.store import to_json
from assay.core.types import Message, Role
from assay.deployment.server.engine_api import Engine, Served, Wanted
from assay.deployment.server.errors import HttpRefusal
from assay.deployment.server.requests import ChatRequest, CompletionRequest, SchemaJson, Writing

CHAT_TOKENS, TEXT_TOKENS = 256, 16  # of an answer whose length nobody named
OBJECT = Form("json", '{"type": "object"}')
ROLES: dict[str, Role] = {
    "developer": "system",
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}


def find_model(engine: Engine, name: str) -> Served:
    """Raises: Refused: 404, there is no such model."""
    served = {one.name: one for one in engine.list_models()}
    if name not in served:
        text = f"there is no model '{name[:60]}'{did_you_mean(name[:60], served)}"
        raise HttpRefusal(404, text, "model_not_found", "model")
    return served[name]


def chat(asked: ChatRequest, served: Served) -> Wanted:
    """Raises:
    Refused: 400, so many tokens do not fit.
    """
    limit = asked.max_tokens or asked.max_completion_tokens
    return Wanted(
        served.name,
        messages=tuple(Message(ROLES[turn.role], turn.text) for turn in asked.messages),
        max_tokens=_room(limit, served.room or CHAT_TOKENS, served),
        how=replace(_how(asked), form=_form(asked)),
        top=(asked.top_logprobs or 0) if asked.logprobs else None,
    )


def completions(asked: CompletionRequest, served: Served) -> list[Wanted]:
    """One for each prompt.

    Raises:
        Refused: as `chat`.
    """
    room = 0 if asked.max_tokens == 0 else _room(asked.max_tokens, TEXT_TOKENS, served)
    how = _how(asked)
    return [
        Wanted(
            served.name,
            text=prompt,
            max_tokens=room,
            how=how,
            top=asked.logprobs,
            echo=bool(asked.echo),
        )
        for prompt in asked.prompts
    ]


def _room(limit: int | None, usual: int, served: Served) -> int:
    if limit is None:
        return min(usual, max(1, served.context // 2)) if served.context else usual
    if limit > served.context > 0:  # an arm without a model reads any number
        text = (
            f"max_tokens: '{served.name}' takes {served.context:,} tokens of prompt and answer,"
            f" got {limit:,}"
        )
        raise HttpRefusal(400, text, "context_length_exceeded", "max_tokens")
    return limit


def _how(asked: Writing) -> Decoding:
    """Where nobody gave a seed one is drawn, so that two equal requests are two draws."""
    seed = secrets.randbits(48) if asked.seed is None else asked.seed
    return Decoding(asked.stops, asked.temperature or 0.0, asked.top_p or 1.0, seed)


def _form(asked: ChatRequest) -> Form | None:
    wanted = asked.response_format
    if wanted is None or wanted.type == "text":
        return None
    return (
        Form("json", to_json(wanted.json_schema.schema_))
        if isinstance(wanted, SchemaJson)
        else OBJECT
    )
