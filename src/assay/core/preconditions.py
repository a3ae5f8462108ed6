"""What a strategy may insist on before it is fitted."""

from __future__ import annotations

from assay.core.errors import Problem, TrainError
from assay.core.types import Lesson


def need_rows(kind: str, lesson: Lesson) -> None:
    """Raises TrainError T002 when there is nothing to learn from."""
    if not lesson.train:
        raise TrainError(
            Problem(
                "T002",
                f"{kind}: the training split is empty",
                help="check the split's shares and the data files",
            )
        )
