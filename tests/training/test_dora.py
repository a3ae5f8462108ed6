"""Magnitude times direction, with the norms from small products."""

import pytest
import torch

from assay.strategies.training.lora import Lora
from helpers.adapters import logits, loss_of, sequences, taught


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def made(open_tiny, given, dtype=torch.float32, **settings):
    model = open_tiny(dtype=dtype)
    return model, Lora(rank=4, decompose=True, **settings).change(model, given)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_begins_as_the_base_to_the_bit(open_tiny, given, dtype):
    # The magnitudes are the norms of the rows, so m / |W + 0| is 1; in bf16 only because they are
    # kept in fp32.
    model, change = made(open_tiny, given, dtype)
    base = open_tiny(dtype=dtype)
    assert torch.equal(logits(model.network, model, given), logits(base.network, model, given))
    vectors = {name: p for name, p in change.trained.items() if "magnitude" in name}
    assert len(vectors) == 14
    for name, vector in vectors.items():
        weight = base.network.get_submodule(name.partition(".lora_")[0]).weight
        torch.testing.assert_close(vector, weight.float().norm(dim=1))


def test_it_computes_magnitude_times_direction(open_tiny, given):
    # Liu et al. (2024), equation 5: W' = m (W + s B A) / |W + s B A|, norms over the inputs.
    model, change = made(open_tiny, given)
    taught(model, change, given)
    layer = model.network.get_submodule("model.layers.1.mlp.up_proj")
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    direction = layer.base_layer.weight + 2 * b @ a
    magnitude = layer.lora_magnitude_vector["default"].weight
    weight = magnitude[:, None] * direction / direction.norm(dim=1, keepdim=True)
    x = torch.randn(5, 64)
    torch.testing.assert_close(layer(x), x @ weight.T, atol=1e-5, rtol=1e-5)


def test_norms_follow_the_weights_and_evaluation_does_not_stop_training(open_tiny, given):
    # What an evaluation has computed without gradients is used again by the next step.
    model, change = made(open_tiny, given)
    row = sequences(model, given, given.train[:1])[0]
    for _ in range(2):
        with torch.inference_mode():
            evaluated = loss_of(model.network.eval(), row)
        trained = loss_of(model.network.train(), row)
        assert evaluated == trained
        trained.backward()
        # A fused optimiser does not count versions up.
        torch.optim.AdamW(list(change.trained.values()), lr=1e-2, fused=True).step()
        model.network.zero_grad()
    layer = model.network.get_submodule("model.layers.0.mlp.down_proj")
    direction = (
        layer.base_layer.weight
        + 2 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    )
    expected = layer.lora_magnitude_vector["default"].weight / direction.norm(dim=1)
    x = torch.randn(3, 128)
    torch.testing.assert_close(
        layer(x), x @ (expected[:, None] * direction).T, atol=1e-5, rtol=1e-5
    )


def test_a_base_in_double_precision_has_adapters_in_it_too(open_tiny, given):
    model, change = made(open_tiny, given, torch.float64)
    assert {p.dtype for p in change.trained.values()} == {torch.float64}
    layer = model.network.get_submodule("model.layers.0.mlp.up_proj")
    torch.nn.init.normal_(layer.lora_B["default"].weight)
    direction = (
        layer.base_layer.weight
        + 2 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    )
    scale = layer.lora_magnitude_vector["default"].weight / direction.norm(dim=1)
    x = torch.randn(3, 64, dtype=torch.float64)
    torch.testing.assert_close(
        layer.train()(x), x @ (scale[:, None] * direction).T, atol=0, rtol=1e-11
    )
