"""Steps of curation: what every one of them is, and keeps."""

from typing import Literal

import pytest

from assay.core.examples import Example, Message
from assay.core.means import Means
from assay.core.steps import Augmentation, Dropped, RowStep, SetStep
from assay.data import AUGMENTATIONS
from assay.data.steps import STEPS


class Short(RowStep):
    kind: Literal["short"] = "short"
    most: int = 3

    def one(self, example, means):
        return example if len(example.text) <= self.most else Dropped(example, "too long")


def row(name, text):
    return Example(name, (Message("user", text),))


def test_many_rows_are_each_looked_at_in_order():
    rows = [row("a", "yes"), row("b", "much longer"), row("c", "no")]
    found = list(Short().many(rows, Means()))
    assert found == [rows[0], Dropped(rows[1], "too long"), rows[2]]


def test_a_step_that_says_not_what_it_does_is_none():
    for kind in (RowStep, SetStep, Augmentation):
        with pytest.raises(TypeError, match="abstract"):
            kind(kind="nothing")


@pytest.mark.parametrize("step", [*STEPS, *AUGMENTATIONS], ids=lambda step: step.__name__)
def test_every_step_is_found_by_its_kind_and_asks_for_what_can_be_lent(step):
    kind = step.model_fields["kind"].default
    assert [one.model_fields["kind"].default for one in (*STEPS, *AUGMENTATIONS)].count(kind) == 1
    assert set(step.needs) <= set(Means.__dataclass_fields__)
    assert isinstance(step.VERSION, int) and step.VERSION >= 1
