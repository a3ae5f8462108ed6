"""What an arm needs before it can answer: labelled rows and pieces."""

import pytest

from assay.config import make_strategy
from assay.runtime.costs.effort import count_labelled, needs_labels, pieces

ZERO, FEW = {"kind": "shots", "k": 0}, {"kind": "shots", "k": 8}


@pytest.mark.parametrize(
    ("settings", "needs"),
    [
        (ZERO, False),
        (FEW, True),
        ({"kind": "majority"}, True),
        ({"kind": "lora"}, True),
        ({"kind": "quantise", "inner": ZERO}, False),
        ({"kind": "quantise", "inner": {"kind": "lora"}}, True),
        ({"kind": "rag", "inner": ZERO}, False),
        ({"kind": "rag", "inner": FEW}, True),
        ({"kind": "rag", "inner": ZERO, "unknown": "not known", "abstain_below": "val"}, True),
    ],
)
def test_who_learns_from_labels_needs_them_and_asking_alone_does_not(settings, needs):
    assert needs_labels(make_strategy(settings, {})) is needs


def test_rows_that_augmentation_made_were_labelled_by_nobody():
    rows = {"train": 150, "val": 20, "made": 50, "test": 99}
    assert count_labelled(rows, make_strategy({"kind": "majority"}, {})) == 120
    assert count_labelled(rows, make_strategy(ZERO, {})) == 0


def test_pieces_are_models_the_arm_and_the_arms_inside_and_share_the_seconds():
    rag = make_strategy({"kind": "rag", "inner": FEW}, {})
    found = pieces("tiny", rag, [{"name": "shots", "fit_seconds": 4.0}], 10.0)
    assert [one["name"] for one in found][-2:] == ["rag", "shots"]
    assert "tiny" in [one["name"] for one in found]
    # Together they took what the whole fit took.
    assert sum(one["fit_seconds"] for one in found) == 10.0
    assert next(one for one in found if one["name"] == "rag")["fit_seconds"] == 6.0
