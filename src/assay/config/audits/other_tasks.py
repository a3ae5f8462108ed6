"""The settings under `evaluate: {other_tasks: ...}`."""

from typing import Literal

from pydantic import Field

from assay.config.audits.base import QuestionSettings


class OtherTasks(QuestionSettings):
    """What a strategy knows of the tasks of other projects: their own test rows, asked of it."""

    # where a strategy stands on another project's, it is always asked but for `false`
    when: Literal["full", "always", "never"] = "always"
    rows: int = Field(default=200, ge=2, le=100_000)  # of each task's test rows
