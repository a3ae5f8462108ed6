"""An embedder that reads a text once: parts and inner strategies share their texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Embed = Callable[[Sequence[str]], Any]  # texts -> float32 (texts, width)


def memoise_embed(embed: Embed) -> Embed:
    """`embed` that computes each text once; nothing is forgotten while the function lives."""
    known: dict[str, Any] = {}

    def vectors(texts: Sequence[str]) -> Any:
        import numpy as np

        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, embed(new), strict=True))
        return np.stack([known[text] for text in texts]) if texts else embed(texts)

    return vectors
