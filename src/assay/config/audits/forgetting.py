"""The settings under `evaluate: {forgetting: ...}`."""

from typing import Any

from pydantic import Field, field_validator

from assay.config.audits.base import QuestionSettings

MOST = 150_000  # tokens


class Forgetting(QuestionSettings):
    """What a trained arm can no longer do: general probes before and after."""

    # Folders or files of further probes: assay's own form, or a published set that it knows.
    sets: tuple[str, ...] = ()
    # That a model reads and writes at most, by an estimate that is on the high side.
    tokens: int = Field(default=60_000, ge=1_000, le=MOST)

    @field_validator("sets", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (
            (value,)
            if isinstance(value, str)
            else tuple(value)
            if isinstance(value, list)
            else value
        )
