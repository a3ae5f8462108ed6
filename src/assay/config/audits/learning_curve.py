"""The settings under `evaluate: {learning_curve: ...}`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from assay.config.audits.base import QuestionSettings

Share = Annotated[float, Field(gt=0, lt=1)]


class LearningCurve(QuestionSettings):
    """The score against the number of labelled rows."""

    # Arms of `compare`; none: every arm that learns from rows in seconds, and the recommended and
    # the best one.
    arms: tuple[str, ...] = ()
    # Shares of the training rows, beside all of them. A power law needs three sizes beside the
    # whole.
    sizes: tuple[Share, ...] = Field(default=(0.125, 0.25, 0.5), min_length=1, max_length=12)
    # Sequences of nested subsets. One alone says nothing of how much it matters which rows are
    # labelled.
    draws: int = Field(default=3, ge=1, le=20)
    # labels whose worth is asked about; 0: a quarter of those that there are
    more: int = Field(default=0, ge=0)
    # How far the curve is drawn, in times the rows that there are. Past it a fit of so few points
    # says nothing.
    reach: float = Field(default=2.0, ge=1, le=3)
    # points that would take longer, all together, are left out
    minutes: float = Field(default=7.0, gt=0)

    @field_validator("arms", "sizes", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        """One name or number is short for a list of it."""
        return (
            tuple(value)
            if isinstance(value, list)
            else (value,)
            if isinstance(value, str | float)
            else value
        )
