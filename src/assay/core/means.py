"""The nouns of what is lent. Others take them from `assay.core.types`.

Means     what a step or an arm may use: seed, folder, progress, and models that others have opened
FittedArm a fitted strategy of another project
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.answers import LanguageModel, Tell
from assay.core.examples import Document, Example, Messages


@dataclass(frozen=True)
class FittedArm:
    """A fitted strategy of another project.

    Attributes:
        manifest: what its arm.json says: strategy, task, base, seed, models. folder: of its files.
        rows: split -> the rows of its project. before: those that it went on from, if they are
            there.
    """

    manifest: dict[str, Any]
    folder: Path
    rows: Callable[[str], tuple[Example, ...]]
    before: tuple[FittedArm, ...] = ()

    @property
    def tasks(self) -> list[FittedArm]:
        """It, and all that came before it."""
        return [*(one for arm in self.before for one in arm.tasks), self]


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
    # PROJECT#STRATEGY -> a strategy that another project has fitted
    existing: Callable[[str], FittedArm] | None = None
    # settings with a kind, as an arm.json has them -> the strategy
    make_strategy: Callable[[dict[str, Any]], Any] | None = None
