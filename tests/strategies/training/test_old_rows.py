"""The training rows of another project, or that they are gone."""

import pytest

from assay.core.errors import TrainError
from assay.core.means import FittedArm
from assay.strategies.training.old_rows import rows_of


def gone(split):
    raise FileNotFoundError(split)


@pytest.mark.parametrize("rows", [gone, lambda split: ()])
def test_rows_that_are_gone_are_said_with_the_project(tmp_path, rows):
    folder = tmp_path / "march" / "work" / "fit" / "key" / "arm"
    with pytest.raises(TrainError) as error:
        rows_of(FittedArm({}, folder, rows))
    (problem,) = error.value.problems
    assert problem.code == "T123" and "march" in problem.text
