"""Decoder layers are found in any architecture, and chosen by place or by a gradient that is known
from elsewhere."""

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    FalconConfig,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    OPTConfig,
    Qwen3MoeConfig,
)

from assay.core.errors import TrainError
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.batch import TrainingBatch
from assay.training.decoder_layers import decoder_layers, first_trained, pulls, select_layers, stack

SMALL = {"vocab_size": 64, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
WIDE = {**SMALL, "intermediate_size": 32}
GROUPED = {**WIDE, "num_key_value_heads": 1, "head_dim": 8}
CONFIGS = {
    "model.layers": [
        LlamaConfig(**WIDE),
        Gemma3TextConfig(**GROUPED),
        # As many experts as layers: the layers are still the layers.
        Qwen3MoeConfig(**GROUPED, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=8),
    ],
    "transformer.h": [
        GPT2Config(vocab_size=64, n_embd=16, n_layer=3, n_head=2),
        FalconConfig(**SMALL),
    ],
    "gpt_neox.layers": [GPTNeoXConfig(**WIDE)],
    "model.decoder.layers": [OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=16)],
}
CASES = [
    pytest.param(place, config, id=config.model_type)
    for place, configs in CONFIGS.items()
    for config in configs
]


def network_of(config):
    torch.manual_seed(3)
    return AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize(("place", "config"), CASES)
def test_the_layers_are_found_by_their_number(place, config):
    network = network_of(config)
    layers = decoder_layers(network)
    assert [name for name, _ in layers] == [f"{place}.{i}" for i in range(3)]
    assert all(network.get_submodule(name) is layer for name, layer in layers)
    assert select_layers(network, 2, "top") == [f"{place}.1", f"{place}.2"]


def test_a_network_without_a_list_of_layers_is_named():
    network = network_of(LlamaConfig(**WIDE))
    network.config.num_hidden_layers = 7
    with pytest.raises(TrainError) as caught:
        stack(network)
    assert caught.value.problems[0].code == "T044"


@pytest.mark.parametrize("by", ["top", "gradient"])
def test_more_layers_than_there_are_is_refused_with_their_number(by):
    with pytest.raises(TrainError) as caught:
        select_layers(network_of(LlamaConfig(**WIDE)), 4, by)
    (problem,) = caught.value.problems
    assert (problem.code, problem.text) == ("T041", "layers: 4, but this model has 3")
    assert "1 to 3" in problem.help


def sample(count=2):
    draw = torch.Generator().manual_seed(1)
    sequences = [
        Encoded(torch.randint(1, 64, (9,), generator=draw).tolist(), ((5, 9),))
        for _ in range(3 * count)
    ]
    return sequences, [
        TrainingBatch.of(sequences[i : i + 3], range(3), pad=0, device=torch.device("cpu"))
        for i in range(0, 3 * count, 3)
    ]


def test_a_pull_is_the_gradients_norm_over_the_weights_norm():
    network = network_of(LlamaConfig(**WIDE)).requires_grad_(False)
    sequences, batches = sample()
    ours = pulls(network, batches)
    assert not any(p.requires_grad or p.grad is not None for p in network.parameters())
    # transformers' own loss of each sequence, a mean over its four learnt tokens.
    network.requires_grad_(True)
    for sequence in sequences:
        labels = torch.tensor([[-100] * 5 + sequence.ids[5:]])
        (4 * network(torch.tensor([sequence.ids]), labels=labels).loss).backward()
    for (_, layer), pull in zip(decoder_layers(network), ours, strict=True):
        gradient = torch.cat([p.grad.flatten() for p in layer.parameters()]).norm()
        weight = torch.cat([p.detach().flatten() for p in layer.parameters()]).norm()
        assert pull == pytest.approx(float(gradient / weight), rel=1e-5)


def test_the_layers_with_the_largest_pull_are_chosen():
    network = network_of(LlamaConfig(**WIDE)).requires_grad_(False)
    _, batches = sample()
    before = pulls(network, batches)
    order = sorted(range(3), key=lambda i: -before[i])
    assert select_layers(network, 2, "gradient", batches) == [
        f"model.layers.{i}" for i in sorted(order[:2])
    ]


def test_without_rows_the_gradient_takes_the_last_layers():
    assert select_layers(network_of(LlamaConfig(**WIDE)), 1, "gradient") == ["model.layers.2"]


OWN = LlamaConfig(**WIDE, tie_word_embeddings=False)
TIED = LlamaConfig(**WIDE, tie_word_embeddings=True)


def test_the_lowest_layer_that_a_step_can_change(subtests):
    for config, names, first in [
        (OWN, ["model.layers.1.mlp.up_proj.weight", "model.layers.2.mlp.up_proj.weight"], 1),
        (OWN, ["model.layers.0.mlp.up_proj.weight"], 0),
        (OWN, ["model.layers.2.self_attn.q_proj.lora_A.default.weight", "model.norm.weight"], 2),
        (OWN, ["model.norm.weight", "lm_head.weight"], 3),
        (OWN, ["model.layers.2.mlp.up_proj.weight", "model.embed_tokens.weight"], 0),
        (TIED, ["model.norm.weight"], 3),
        # The output matrix is the input matrix.
        (TIED, ["model.layers.2.mlp.up_proj.weight", "lm_head.weight"], 0),
        (TIED, ["head.out.weight", "head.out.bias"], 3),
        (TIED, ["head.out.weight", "model.layers.1.mlp.up_proj.weight"], 1),
        (TIED, ["prompt.embeddings"], 0),
        (GPT2Config(vocab_size=64, n_embd=16, n_layer=3, n_head=2), ["transformer.wpe.weight"], 0),
        (GPT2Config(vocab_size=64, n_embd=16, n_layer=3, n_head=2), ["transformer.ln_f.weight"], 3),
        # OPT lists its final norm before its layers.
        (
            OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=16),
            ["model.decoder.final_layer_norm.weight"],
            3,
        ),
        (
            OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=8),
            ["model.decoder.project_in.weight"],
            0,
        ),
        (
            OPTConfig(**SMALL, ffn_dim=32, word_embed_proj_dim=8),
            ["model.decoder.project_out.weight"],
            3,
        ),
    ]:
        with subtests.test(repr((config, names, first))):
            assert first_trained(network_of(config), names) == first
