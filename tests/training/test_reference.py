"""What the model says of rows before it is trained: computed once, for every sequence of a row."""

from dataclasses import replace

import pytest
import torch

from assay.models.tokenizer.chat_tokens import Encoded
from assay.strategies.training.lora import Lora
from assay.training.reference import refer
from assay.training.settings import NetworkChange
from assay.training.training_data import Exercise


def sequence(*ids, beside=()):
    return Encoded([5, 6, *ids], ((2, 2 + len(ids)),), beside=beside)


ROWS = [
    sequence(7, 8, beside=(sequence(9), sequence(10, 11, 12))),
    sequence(13),
    sequence(14, 15, beside=(sequence(7, 8),)),
]


@pytest.mark.parametrize("trees", [False, True], ids=["rows", "tree"])
def test_each_sequence_has_its_own_log_likelihood(open_tiny, tmp_path, trees):
    network, heard = open_tiny().network, []
    change = NetworkChange({}, lambda folder: None, lambda folder: None)
    exercise = Exercise(network, change, ROWS, Lora(), 0, lambda *_: None, trees=trees)
    found = refer(exercise, place := tmp_path / "kept.json", heard.append)
    for row, other in zip(found, ROWS, strict=True):
        assert replace(row, beside=(), reference=0.0) == replace(other, beside=())
        for one in row.all:
            with torch.no_grad():
                logs = network(torch.tensor([one.ids])).logits[0].log_softmax(-1)
            own = sum(float(logs[at - 1, one.ids[at]]) for at in one.targets)
            assert one.reference == pytest.approx(own, abs=1e-4)
    assert (heard[-1]["done"], heard[-1]["total"]) == (3, 3)
    # What is kept is not computed again, whatever the network has learnt since.
    with torch.no_grad():
        next(network.parameters()).add_(1.0)
    assert refer(exercise, place, heard.append) == found
