"""Vectors of texts, made a few texts at a time between the passes of the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assay.deployment.server.sequence import FAULTS
from assay.retrieval.encoders import Encoding

TEXTS = 32  # between two passes


@dataclass(eq=False)
class _Wish:
    encoding: Encoding
    texts: Sequence[str]
    made: Future[tuple[Any, int]] = field(default_factory=Future)
    parts: list[Any] = field(default_factory=list)


class VectorQueue:
    """Requests for vectors, in the order in which they came."""

    def __init__(self) -> None:
        self._wishes: deque[_Wish] = deque()

    @property
    def busy(self) -> bool:
        return bool(self._wishes)

    def ask(self, encoding: Encoding, texts: Sequence[str]) -> Future[tuple[Any, int]]:
        """From any thread. What it will give: float32 (texts, width), and the tokens that were
        read."""
        self._wishes.append(wish := _Wish(encoding, list(texts)))
        return wish.made

    def step(self) -> None:
        wish = self._wishes[0]
        done = sum(map(len, wish.parts))
        try:
            if done < len(wish.texts):
                wish.parts.append(wish.encoding.vectors(wish.texts[done : done + TEXTS]))
                return
            none = np.zeros((0, wish.encoding.width), dtype=np.float32)
            wish.made.set_result(
                (np.concatenate([none, *wish.parts]), wish.encoding.tokens(wish.texts))
            )
        except FAULTS as fault:
            wish.made.set_exception(fault)
        self._wishes.popleft()

    def give_up(self, fault: Exception) -> None:
        """End all that wait."""
        while self._wishes:
            self._wishes.popleft().made.set_exception(fault)
