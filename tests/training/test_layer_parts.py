"""The parts of a decoder layer in networks of many kinds: random, two layers, width 32."""

import pytest
import torch
import transformers
from peft.utils.constants import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING as PEFTS

from assay.core.errors import TrainError
from assay.training.decoder_layers import decoder_layers
from assay.training.layer_parts import linear_ends, parts
from helpers.problems import problem

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
GROUPED = {"num_key_value_heads": 2}
# Kind: settings, attention, feed-forward part, layers that make keys and values, the last of the
# feed-forward part.
SEPARATE = ("self_attn", "mlp", ["self_attn.k_proj", "self_attn.v_proj"], ["mlp.down_proj"])
KINDS = {
    "Llama": (GROUPED, *SEPARATE),
    "Mistral": (GROUPED, *SEPARATE),
    "Qwen2": (GROUPED, *SEPARATE),
    "Qwen3": ({**GROUPED, "head_dim": 8}, *SEPARATE),
    "Gemma2": ({**GROUPED, "head_dim": 8}, *SEPARATE),
    "Gemma3Text": ({**GROUPED, "head_dim": 8}, *SEPARATE),
    "Olmo2": (GROUPED, *SEPARATE),
    "SmolLM3": (GROUPED, *SEPARATE),
    "Granite": (GROUPED, *SEPARATE),
    "Cohere2": ({**GROUPED, "head_dim": 8}, *SEPARATE),
    "StableLm": (GROUPED, *SEPARATE),
    "Phi3": (GROUPED, "self_attn", "mlp", ["self_attn.qkv_proj"], ["mlp.down_proj"]),
    "GPT2": ({}, "attn", "mlp", ["attn.c_attn"], ["mlp.c_proj"]),
    "GPTNeoX": ({}, "attention", "mlp", ["attention.query_key_value"], ["mlp.dense_4h_to_h"]),
    "Falcon": (
        {},
        "self_attention",
        "mlp",
        ["self_attention.query_key_value"],
        ["mlp.dense_4h_to_h"],
    ),
    "Bloom": (
        {},
        "self_attention",
        "mlp",
        ["self_attention.query_key_value"],
        ["mlp.dense_4h_to_h"],
    ),
    "OPT": (
        {"ffn_dim": 48, "word_embed_proj_dim": 32},
        "self_attn",
        "fc2",
        ["self_attn.k_proj", "self_attn.v_proj"],
        ["fc2"],
    ),
}
# among PEFT's lists
FOLLOWING_THE_PAPER = ("Llama", "Mistral", "GPT2", "GPTNeoX", "Falcon", "Bloom")


def network(kind, **given):
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**SIZES, **given)
    return transformers.AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)


@pytest.mark.slow
def test_the_parts_are_found(subtests, one_thread):
    for kind in KINDS:
        with subtests.test(kind):
            given, attention, feedforward, makers, last = KINDS[kind]
            net = network(kind, **given)
            for name, layer in decoder_layers(net):
                assert parts(name, layer) == (
                    layer.get_submodule(attention),
                    layer.get_submodule(feedforward),
                )
            names = [name for name, _ in decoder_layers(net)]
            found = linear_ends(net)
            assert found == (
                [f"{n}.{m}" for n in names for m in makers],
                [f"{n}.{m}" for n in names for m in last],
            )
            # The pass that found them left nothing behind.
            assert not any(weight.requires_grad for weight in net.parameters())
            assert not any(module._forward_hooks for module in net.modules())
            if kind in FOLLOWING_THE_PAPER:
                ends = {
                    ending
                    for name in (*found[0], *found[1])
                    for ending in PEFTS[net.config.model_type]
                    if name.endswith(ending)
                }
                assert ends == set(PEFTS[net.config.model_type])


@pytest.mark.parametrize("kind", ["Mixtral", "GraniteMoe"])
def test_experts_have_no_last_linear_layer(kind):
    with problem(TrainError, "T030", None, "model.layers.0"):
        linear_ends(network(kind, **GROUPED))


def test_layers_without_attention_are_refused():
    # Every second layer of LFM 2 is a convolution.
    with pytest.raises(TrainError, match="T030"):
        linear_ends(network("Lfm2", **GROUPED, layer_types=["conv", "full_attention"]))
