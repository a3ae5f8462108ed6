"""Remedies come back from JSON with their kinds; what contradicts is said in words."""

import json

import pytest

from assay.config import make_strategy
from assay.core.store import to_json
from assay.strategies.baselines.existing import Existing
from assay.strategies.training.lora import Lora
from assay.training.retention.settings import contradictions

ALL = ["rehearsal", "ewc", "l2-sp", "lwf", "o-lora", "inflora", "wise-ft"]


def test_settings_come_back_from_json():
    value = {"kind": "lora", "after": {"kind": "existing", "project": "../old"}}
    strategy = make_strategy({**value, "retain": [{"kind": kind} for kind in ALL]}, {})
    assert [one.kind for one in strategy.retain] == ALL
    written = json.loads(to_json({"kind": "lora", **strategy.non_defaults()}))
    assert written["retain"] == [{"kind": kind} for kind in ALL]
    assert make_strategy(written, {}) == strategy


@pytest.mark.parametrize(
    ("kinds", "goes_on", "old_rows", "faults"),
    [
        (["ewc"], True, True, 0),
        (["ewc"], True, False, 1),
        (["inflora"], True, False, 1),
        (["lwf"], False, False, 1),
        (["l2-sp", "wise-ft"], False, False, 0),
        (["o-lora", "o-lora"], True, True, 2),
    ],
)
def test_contradictions(kinds, goes_on, old_rows, faults):
    assert len(list(contradictions(Lora(), kinds, goes_on, old_rows))) == faults


def test_a_strategy_of_another_project_has_old_rows():
    assert Lora(after=Existing(project="../old"))._has_old_rows
    assert not Lora(after=Lora())._has_old_rows
