"""Vectors of texts, as OpenAI's clients take them: lists of numbers, or little-endian fp32 in
base64."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from assay.deployment.server import engine_requests, responses
from assay.deployment.server.engine_api import Engine
from assay.deployment.server.errors import HttpRefusal, late
from assay.deployment.server.requests import EmbeddingRequest


async def vectors(
    engine: Engine, asked: EmbeddingRequest, turn: asyncio.Semaphore, seconds: float
) -> dict[str, Any]:
    """Args:
        turn: so many requests are encoded at once. seconds: until the vectors must be there.

    Raises:
        Refused: 404 no such model; 400 it has no encoder, or vectors of another width; 504 it took
            too long.
    """
    served = engine_requests.find_model(engine, asked.model)
    if not served.embeds:
        raise HttpRefusal(400, f"'{served.name}' has no encoder", "model_not_supported", "model")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    try:
        async with asyncio.timeout(seconds), turn:
            found, tokens = await asyncio.to_thread(engine.embed, served.name, texts)
    except TimeoutError:
        raise late(seconds) from None
    if asked.dimensions not in (None, found.shape[1]):
        text = (
            f"'{served.name}' makes vectors of {found.shape[1]}, got dimensions: {asked.dimensions}"
        )
        raise HttpRefusal(400, text, "invalid_value", "dimensions")
    packed = asked.encoding_format == "base64"
    rows = [
        base64.b64encode(row.astype("<f4").tobytes()).decode() if packed else row.tolist()
        for row in found
    ]
    return responses.EmbeddingReply(
        data=[responses.Vector(index=i, embedding=row) for i, row in enumerate(rows)],
        model=served.name,
        usage=responses.EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens),
    ).model_dump()
