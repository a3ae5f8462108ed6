"""The settings under `evaluate: {forgetting: ...}`."""

from pydantic import Field, field_validator

from assay.config.audits.base import QuestionSettings
from assay.core.settings import one_or_many

MOST = 150_000  # tokens


class Forgetting(QuestionSettings):
    """What a trained arm can no longer do: general probes before and after."""

    # Folders or files of further probes: assay's own form, or a published set that it knows.
    sets: tuple[str, ...] = ()
    # That a model reads and writes at most, by an estimate that is on the high side.
    tokens: int = Field(default=60_000, ge=1_000, le=MOST)

    _one_or_many = field_validator("sets", mode="before")(one_or_many)
