"""Adapters are added to the weights that they stand beside, and can be taken out again."""

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.training.adapters.merge import dequantise_weight, merge, unmerge
from helpers.adapters import logits, taught

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("bits", [4, 8])
def test_a_dequantised_weight_is_what_the_layers_products_are_made_with(open_tiny, bits):
    from assay.training.bitsandbytes import quantise

    network = open_tiny().network
    quantise(network, bits)
    layer = network.model.layers[0].mlp.up_proj
    rows = torch.eye(64)
    with torch.no_grad():
        torch.testing.assert_close(
            layer(rows), rows @ dequantise_weight(layer).T, atol=1e-6, rtol=0
        )


def test_layers_without_an_adapter_are_dequantised_too(lesson, open_tiny):
    given = lesson("classify")
    model = open_tiny()
    change = Lora(rank=2, bits=4, targets=("q_proj",)).change(model, given)
    taught(model, change, given)
    before = logits(model.network, model, given)
    merge(model.network)
    assert {type(w) for w in model.network.parameters()} == {torch.nn.Parameter}
    torch.testing.assert_close(logits(model.network, model, given), before, atol=1e-5, rtol=0)


@pytest.mark.parametrize("settings", [{}, {"decompose": True}, {"bits": 4}])
def test_unmerging_gives_the_arm_and_its_base_back_bit_for_bit(lesson, open_tiny, settings):
    given = lesson("classify")
    model = open_tiny()
    change = Lora(rank=2, **settings).change(model, given)
    taught(model, change, given)
    before, numbers = (
        logits(model.network, model, given),
        {k: v.clone() for k, v in model.network.state_dict().items()},
    )
    taken = merge(model.network, keep=True)
    assert set(model.network.state_dict()) == set(open_tiny().network.state_dict())
    unmerge(model.network, taken)
    after = model.network.state_dict()
    assert set(after) == set(numbers) and all(
        torch.equal(after[name], numbers[name]) for name in numbers
    )
    assert torch.equal(logits(model.network, model, given), before)
    if not settings:
        base = open_tiny().network
        layer = model.network.model.layers[0].mlp.up_proj.base_layer
        assert torch.equal(layer.weight, base.model.layers[0].mlp.up_proj.weight)


@pytest.mark.parametrize("settings", [{}, {"use_dora": True}])
def test_layers_that_lie_the_other_way_round_are_merged_as_they_lie(settings):
    from peft import LoraConfig, inject_adapter_in_model
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    network = GPT2LMHeadModel(
        GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=480, n_positions=64)
    ).eval()
    names = ["c_attn", "c_proj", "c_fc"]
    config = LoraConfig(
        r=4, target_modules=names, fan_in_fan_out=True, init_lora_weights=False, **settings
    )
    inject_adapter_in_model(config, network)
    ids = torch.arange(12)[None]
    with torch.no_grad():
        before = network(ids).logits
        merge(network)
        torch.testing.assert_close(network(ids).logits, before, atol=2e-5, rtol=1e-5)
