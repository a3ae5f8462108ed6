"""Bottlenecks at the parts of every layer: what they compute, in closed form, and their files."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from assay.strategies.training.adapters import Adapters
from helpers.nights import nightly_but


def moved(trained):
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in trained.values():
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.1)
    return trained


def test_the_folder_says_what_it_holds_and_is_read_back(lesson, open_tiny, tmp_path):
    given, model = lesson("classify"), open_tiny("tiny")
    method = Adapters(size=4, place="parallel")
    change = method.change(model, given)
    moved(change.trained)
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    assert json.loads((folder / "adapters.json").read_text()) == {
        "format": 1,
        "base": "tiny",
        "size": 4,
        "place": "parallel",
        "activation": "relu",
        "scale": 4.0,
    }
    tensors = load_file(folder / "adapters.safetensors")
    inside = ("down.weight", "down.bias", "up.weight", "up.bias")
    assert set(tensors) == {
        f"model.layers.{i}.mlp.bottleneck.{name}" for i in (0, 1) for name in inside
    }
    again = method.change(open_tiny(), given)
    again.read(folder)
    assert all(torch.equal(again.trained[name], weight) for name, weight in change.trained.items())


def test_the_base_stays_as_it_is_and_adapters_are_fp32(lesson, open_tiny):
    model = open_tiny(dtype=torch.bfloat16)
    change = Adapters().change(model, lesson("answer"))
    own = dict(model.network.named_parameters())
    base = dict(open_tiny(dtype=torch.bfloat16).network.named_parameters())
    assert own.keys() == base.keys() | change.trained.keys()
    assert all(torch.equal(own[name], weight) for name, weight in base.items())
    assert {weight.dtype for weight in change.trained.values()} == {torch.float32}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "epochs"), nightly_but([("answer", 40)], [("classify", 30), ("answer", 40)])
)
def test_it_learns_a_toy_mapping(lesson, kind, epochs, one_thread):
    given = replace(lesson(kind), val=())
    arm = Adapters(place="parallel", learning_rate=3e-3, epochs=epochs, batch_size=6).fit(given)
    answers = arm.answer([row.question for row in given.train])
    assert [answer.text for answer in answers] == [row.target for row in given.train]
