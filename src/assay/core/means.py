"""The noun of what is lent. Others take it from `assay.core.types`.

Means     what a step or an arm may use: seed, folder, progress, and models that others have opened
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.answers import LanguageModel, Tell
from assay.core.examples import Document, Messages


@dataclass(frozen=True)
class Means:
    """What a step or an arm may use. Flow hands it in: a left stage can use a right one without
    importing it."""

    seed: int = 0
    workdir: Path = Path()
    tell: Tell = field(default=lambda event: None)
    # texts -> float32 (n, width), rows of length 1
    embed: Callable[[Sequence[str]], Any] | None = None
    # (prompts, max_tokens) -> greedy answers; the project's base model, in a process of its own
    generate: Callable[[Sequence[Messages], int], list[str]] | None = None
    key: bytes = b""  # secret that pseudonyms are made with; empty where no step asks for one
    policy: str = ""  # the text of the task's policy
    kind: str = ""  # of the task, for the steps of curation; "" where a step is asked by itself
    # the project's, but for those that val and test rows were made from
    documents: Sequence[Document] = ()
    # (name, precision="auto") -> freshly loaded model
    open_model: Callable[..., LanguageModel] | None = None
    # name of a sentence encoder -> its folder, judged and safe to load
    encoder_folder: Callable[[str], Path] | None = None
    # a folder for what several stages may share and what can be made again at any time
    shelf: Path | None = None
