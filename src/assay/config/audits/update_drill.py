"""The settings under `evaluate: {update_drill: ...}`."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from assay.config.audits.base import QuestionSettings
from assay.core.settings import one_or_many
from assay.core.types import Settings

Kind = Literal["facts", "documents", "label", "topic"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Way = Literal["edited", "reindexed", "refitted", "retrained", "continued"]


class Minutes(Settings):
    """What a person needs for an update in each way, in minutes. It is not measured: who knows it
    writes it down."""

    edited: float | None = Field(default=None, ge=0)
    reindexed: float | None = Field(default=None, ge=0)
    refitted: float | None = Field(default=None, ge=0)
    retrained: float | None = Field(default=None, ge=0)
    continued: float | None = Field(default=None, ge=0)


class UpdateDrill(QuestionSettings):
    """How long an arm takes until it answers by a change, and what it loses."""

    # those that fit the project's data are made
    changes: tuple[Kind, ...] = Field(default=KINDS, min_length=1)
    # Arms of `compare`; none: the recommended one, the best, the best floor, the base without
    # training, and the best that reads documents and the best that is trained.
    arms: tuple[str, ...] = ()
    # test rows that the change leaves alone, at most
    rows: int = Field(default=200, ge=1, le=100_000)
    facts: int = Field(default=10, ge=1, le=1000)  # documents that get a changed fact, one each
    documents: int = Field(default=5, ge=1, le=1000)  # that are added, or withdrawn
    examples: int = Field(default=20, ge=1, le=10_000)  # training rows that a new label comes with
    # old rows for each new one where training is continued
    rehearse: int = Field(default=4, ge=0, le=100)
    # minutes for all updates; those that cost most are left out
    within: float = Field(default=5.0, gt=0)
    minutes: Minutes = Minutes()

    _one_or_many = field_validator("changes", "arms", mode="before")(one_or_many)
