"""The settings under `evaluate: {earlier_tasks: ...}`."""

from typing import Literal

from pydantic import Field

from assay.config.audits.base import QuestionSettings


class EarlierTasks(QuestionSettings):
    """What is left of tasks that were learnt before: their own test rows, asked again."""

    # where a strategy goes on from another project's, it is always asked but for `false`
    when: Literal["full", "always", "never"] = "always"
    rows: int = Field(default=200, ge=2, le=100_000)  # of each earlier task's test rows
