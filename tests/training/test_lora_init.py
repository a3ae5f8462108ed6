"""Where LoRA's matrices begin: as in PEFT, and such that the model begins as the base."""

import pytest
import torch

from assay.core.store import read_json
from assay.strategies.training.lora import Lora
from assay.training.lora_init import principal
from helpers.adapters import logits, saved, taught, through_peft


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


@pytest.mark.parametrize("how", ["pissa", "olora", "orthogonal"])
def test_a_beginning_is_that_of_peft(open_tiny, given, how):
    from peft import LoraConfig, inject_adapter_in_model

    ours, theirs = open_tiny(), open_tiny()
    torch.manual_seed(5)
    change = Lora(rank=4, alpha=10, initialise=how).change(ours, given)
    config = LoraConfig(r=4, lora_alpha=10, target_modules="all-linear", init_lora_weights=how)
    # PEFT draws layer by layer, and the default beginning of a layer before its own; here it is two
    # passes.
    expected = {}
    for name, part in inject_adapter_in_model(config, theirs.network).named_modules():
        if hasattr(part, "lora_A"):
            a, b = part.lora_A["default"].weight, part.lora_B["default"].weight
            expected[name] = (part.base_layer.weight, b @ a, a.norm(), b.norm())
    assert len(expected) == 14
    for name, (weight, product, norm_a, norm_b) in expected.items():
        part = ours.network.get_submodule(name)
        a, b = part.lora_A["default"].weight, part.lora_B["default"].weight
        torch.testing.assert_close(part.base_layer.weight, weight, atol=2e-6, rtol=0)
        torch.testing.assert_close(b @ a, product, atol=2e-6, rtol=0)
        if how != "orthogonal":  # whose numbers are random
            torch.testing.assert_close((a.norm(), b.norm()), (norm_a, norm_b))
    # Whatever is taken out of the base is put into the adapter.
    torch.testing.assert_close(
        logits(ours.network, ours, given),
        logits(open_tiny().network, ours, given),
        atol=2e-5,
        rtol=0,
    )
    assert len(change.trained) == 28


def test_an_orthogonal_beginning_is_nothing_on_a_bf16_base_too(open_tiny, given):
    model = open_tiny(dtype=torch.bfloat16)
    change = Lora(rank=8, initialise="orthogonal").change(model, given)
    for name, a in change.trained.items():
        if ".lora_A." in name:
            b = change.trained[name.replace(".lora_A.", ".lora_B.")]
            assert min(a.norm(), b.norm()) > 0.1
            assert (b @ a).abs().max() < 1e-6


@pytest.mark.slow
def test_the_fast_decomposition_of_a_wide_weight_finds_its_largest_part():
    # Singular values 8, 7, 6, 5 above a floor: the part of rank 4 is known.
    torch.manual_seed(0)
    u, _ = torch.linalg.qr(torch.randn(2100, 4))
    v, _ = torch.linalg.qr(torch.randn(2060, 4))
    part = u @ torch.diag(torch.tensor([8.0, 7.0, 6.0, 5.0])) @ v.T
    a, b = principal(part + 1e-4 * torch.randn(2100, 2060), 4, 2.0)
    assert (a.shape, b.shape) == ((4, 2060), (2100, 4))
    torch.testing.assert_close(2 * b @ a, part, atol=1e-4, rtol=0)
    torch.testing.assert_close(
        (a @ a.T).diagonal(), torch.tensor([4.0, 3.5, 3.0, 2.5]), atol=1e-2, rtol=0
    )


@pytest.mark.parametrize("how", ["default", "pissa", "olora"])
def test_weights_that_are_kept_the_other_way_round(tiny_model, given, tmp_path, how):
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    from assay.models.inference.chat_model import ChatModel
    from assay.models.tokenizer.chat_tokens import Chat

    chat = Chat(AutoTokenizer.from_pretrained(tiny_model), max_length=512)
    config = GPT2Config(
        vocab_size=480, n_embd=32, n_layer=2, n_head=2, n_positions=512, bos_token_id=None
    )

    def open_gpt2():
        torch.manual_seed(1)
        return ChatModel("gpt2", GPT2LMHeadModel(config).eval().requires_grad_(False), chat)

    model = open_gpt2()
    change = Lora(rank=4, initialise=how).change(model, given)
    ours = logits(taught(model, change, given), model, given)
    folder = saved(change, tmp_path / "arm")
    assert read_json(folder / "adapter_config.json")["fan_in_fan_out"] is True
    theirs = logits(through_peft(open_gpt2().network, folder), model, given)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)
