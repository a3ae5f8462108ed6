"""The settings under `evaluate: {robustness: ...}`."""

from typing import Any, Literal, get_args

from pydantic import Field, field_validator

from assay.config.audits.base import QuestionSettings

Kind = Literal[
    "typos",
    "casing",
    "spacing",
    "punctuation",
    "paraphrase",
    "distractor",
    "truncation",
    "foreign",
    "translation",
    "format",
    "injection",
    "jailbreak",
    "long",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Robustness(QuestionSettings):
    """What changes of the questions do to the answers, where the label stays."""

    # Kinds of change that are tried; a kind that fits no row is left out, and the report says so.
    kinds: tuple[Kind, ...] = Field(default=KINDS, min_length=1)
    # Test rows, drawn by the seed and their ids. 100: a drop of ten points is told from none.
    rows: int = Field(default=100, ge=10, le=100_000)
    # For all arms together: where all rows would take longer, fewer are asked, thirty at least.
    minutes: float = Field(default=6.0, gt=0)
    # chosen: the recommended arm, the best, the best floor, the base without training; all; or
    # names of arms.
    arms: Literal["chosen", "all"] | tuple[str, ...] = "chosen"
    # typos, spacing: share of the words that get a slip, of the spaces that are lost. Of hurried
    # typing: see `noise`.
    rate: float = Field(default=0.1, gt=0, le=1)
    # truncation: share of the words that is cut off at the end.
    cut: float = Field(default=0.2, gt=0, lt=1)
    # long: how much of what the base reads at once a long text fills, as a share. 0.1 of 8,192
    # tokens are two pages.
    share: float = Field(default=0.1, gt=0, le=0.9)
    # jailbreak: a JSON list, or JSON lines, of prompts to take beside the built-in ones.
    jailbreaks: str = ""
    # translation: rows in another language under the ids of the test rows, in any form that data
    # files have.
    translations: str = ""

    @field_validator("kinds", "arms", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        if isinstance(value, str) and value not in ("chosen", "all"):
            return (value,)
        return tuple(value) if isinstance(value, list) else value
