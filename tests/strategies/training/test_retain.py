"""What is made ready for a training with remedies: penalties add up, old rows have a place each."""

from dataclasses import replace

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.strategies.training.retain import Retained, _with_penalty, retain
from assay.training.retention.settings import L2Sp
from assay.training.settings import NetworkChange


@pytest.fixture
def change():
    weight = torch.nn.Parameter(torch.zeros(3))
    return NetworkChange({"w": weight}, write=lambda folder: None, read=lambda folder: None)


def test_without_remedies_nothing_is_changed(lesson, change):
    found = retain(Lora(), None, (), lesson("classify"), None, change)
    assert found.change is change and not found.old and found.objective is None
    assert found.finish() is None


def test_penalties_add_up(lesson, change):
    own = replace(change, penalty=lambda: change.trained["w"].sum())
    strategy = Lora(retain=(L2Sp(kind="l2-sp", strength=2.0),))
    found = retain(strategy, None, strategy.retain, lesson("classify"), None, own)
    with torch.no_grad():
        change.trained["w"] += 1
    assert found.change.penalty().item() == pytest.approx(3 + 2.0 / 2 * 3)
    more = _with_penalty(Retained(change), lambda: torch.tensor(4.0))
    assert more.change.penalty().item() == 4
