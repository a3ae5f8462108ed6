"""The training rows of another project."""

from __future__ import annotations

from assay.core.errors import Problem, TrainError
from assay.core.means import FittedArm
from assay.core.types import Example


def rows_of(arm: FittedArm) -> tuple[Example, ...]:
    try:
        rows = arm.rows("train")
    except OSError:
        rows = ()
    if not rows:
        text = f"the training rows of {arm.folder.parents[3].name} are not there any more"
        way = "run that project again, or take lwf or l2-sp, which need none"
        raise TrainError(Problem("T123", text, "", way))
    return rows
