"""The settings under `evaluate: {mistakes: ...}`."""

from pydantic import Field

from assay.config.audits.base import QuestionSettings


class Mistakes(QuestionSettings):
    """What the mistakes of the recommended arm have in common: groups of like questions, and their
    words."""

    # A group of fewer rows is an accident as likely as not, and nobody would act on it.
    least: int = Field(default=4, ge=2, le=100)
