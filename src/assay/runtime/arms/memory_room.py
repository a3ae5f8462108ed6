"""Memory that strategies of one machine share: one more begins where there is room for it.

How       what a strategy will take is guessed from the files of its models; one that has the
          machine for itself always begins
Guess     from the peaks of the methods' pages: a prompt holds the weights in fp32 and a cache, a
          training also gradients and two moments
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.core.types import Preload, Strategy

FIXED: dict[Preload, float] = {"floors": 0.2e9, "words": 0.4e9, "models": 0.8e9, "training": 0.8e9}
TIMES: dict[Preload, float] = {"floors": 1, "words": 1, "models": 2.5, "training": 8}
WEIGHTS = (".safetensors", ".gguf", ".bin")


class MemoryRoom:
    """`size`: bytes that all together may take."""

    def __init__(self, size: float):
        self._free, self._holders = size, 0
        self._change = threading.Condition()

    @contextmanager
    def take(self, need: float) -> Generator[None]:
        """Wait until `need` bytes are free, or nobody else holds any; they are held for the
        block."""
        with self._change:
            self._change.wait_for(lambda: not self._holders or need <= self._free)
            self._holders += 1
            self._free -= need
        try:
            yield
        finally:
            with self._change:
                self._holders -= 1
                self._free += need
                self._change.notify_all()


def guess_need(strategy: Strategy, base: str, models: Mapping[str, Mapping[str, Any]]) -> float:
    """Bytes that the worker of a strategy will take, about."""
    level = strategy.preload
    folders = [models[name]["folder"] for name in strategy.needs(base) if "folder" in models[name]]
    weights = sum(
        file.stat().st_size
        for folder in folders
        for file in Path(folder).iterdir()
        if file.suffix in WEIGHTS
    )
    return FIXED[level] + TIMES[level] * weights
