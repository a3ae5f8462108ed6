"""Layers taken out of a network: against transformers' own smaller networks, and influences against
its states."""

import copy

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, Qwen2Config

from assay.models.tokenizer.chat_tokens import Encoded
from assay.strategies.compression.layer_selection import (
    distances,
    evenly,
    influences,
    keep,
    least,
    without_block,
)
from assay.training.batch import TrainingBatch

CPU = torch.device("cpu")
SMALL = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "pad_token_id": 0,
}
SMALL |= {"num_key_value_heads": 2, "num_hidden_layers": 6, "max_position_embeddings": 64}
IDS = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]])


def network(config):
    torch.manual_seed(5)
    return AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)


CONFIGS = [
    LlamaConfig(**SMALL),
    Qwen2Config(**SMALL, use_sliding_window=True, sliding_window=4, max_window_layers=3),
    Gemma3TextConfig(**SMALL, head_dim=8, sliding_window=4, sliding_window_pattern=3),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.model_type)
def test_what_is_left_is_the_network_that_its_config_builds(config):
    whole = network(config)
    kinds = list(whole.config.layer_types) if "layer_types" in vars(whole.config) else []
    kept = [0, 2, 5]
    before = dict(whole.state_dict())
    keep(whole, kept)
    assert whole.config.num_hidden_layers == 3
    if kinds:
        assert list(whole.config.layer_types) == [kinds[place] for place in kept]
    # The same config from scratch, filled with the weights of these layers.
    other = AutoModelForCausalLM.from_config(copy.deepcopy(whole.config)).eval()
    places = {f"model.layers.{new}.": f"model.layers.{old}." for new, old in enumerate(kept)}
    tensors = {}
    for name in other.state_dict():
        new = next((start for start in places if name.startswith(start)), "")
        tensors[name] = before[places.get(new, "") + name[len(new) :]]
    other.load_state_dict(tensors)
    with torch.no_grad():
        torch.testing.assert_close(whole(IDS).logits, other(IDS).logits)
    # With keys and values kept from token to token, each layer finds its own.
    how = {"max_new_tokens": 8, "do_sample": False, "pad_token_id": 0, "eos_token_id": None}
    assert whole.generate(IDS, **how).tolist() == other.generate(IDS, **how).tolist()


def batch():
    rows = [Encoded(IDS[0, : 8 + i].tolist(), ((4, 8 + i),)) for i in range(4)]
    return rows, [
        TrainingBatch.of(rows[:3], range(3), pad=0, device=CPU),
        TrainingBatch.of(rows[3:], [3], pad=0, device=CPU),
    ]


def test_influence_and_distance_are_those_of_the_states_that_transformers_gives():
    model = network(LlamaConfig(**SMALL))
    rows, batches = batch()
    turns, ends = [], []
    with torch.no_grad():
        for row in rows:
            # transformers puts the last state through the norm; without one it is the last layer's.
            model.model.norm = torch.nn.Identity()
            every = [
                one[0]
                for one in model.model(
                    torch.tensor([row.ids]), output_hidden_states=True
                ).hidden_states
            ]
            pairs = zip(every, every[1:], strict=False)
            turns.append(torch.stack([1 - torch.cosine_similarity(a, b, -1) for a, b in pairs]))
            ends.append(torch.stack([one[-1] for one in every]))
    wanted = torch.cat(turns, 1).mean(1)
    torch.testing.assert_close(torch.tensor(influences(model, batches)), wanted, atol=1e-5, rtol=0)
    found = distances(model, batches)
    angle = (
        torch.stack([torch.arccos(torch.cosine_similarity(e[1], e[4], 0)) for e in ends]).mean()
        / torch.pi
    )
    assert found[1][2] == pytest.approx(float(angle), abs=1e-4)
    assert [len(row) for row in found] == [6, 5, 4, 3, 2, 1, 0]


def test_a_layer_that_adds_nothing_has_no_influence_and_is_the_first_to_go():
    model = network(LlamaConfig(**SMALL))
    for part in (model.model.layers[2].self_attn.o_proj, model.model.layers[2].mlp.down_proj):
        part.weight.zero_()
    found = influences(model, batch()[1])
    assert found[2] == pytest.approx(0, abs=1e-5) and min(found[:2] + found[3:]) > 1e-4
    assert least(found, 5) == [0, 1, 3, 4, 5]
    assert without_block(distances(model, batch()[1]), 6, 5) == [0, 1, 3, 4, 5]
    with torch.no_grad():
        before = model(IDS).logits
        keep(model, [0, 1, 3, 4, 5])
        torch.testing.assert_close(model(IDS).logits, before)


def test_even_layers_are_those_of_shleifer_and_rush():
    # LAYERS_TO_COPY of their script make_student.py, for a BART of twelve layers.
    assert evenly(12, 6) == [0, 2, 4, 7, 9, 11]
    assert evenly(12, 3) == [0, 6, 11]
    assert evenly(30, 15)[0] == 0 and evenly(30, 15)[-1] == 29 and len(set(evenly(30, 15))) == 15
    assert evenly(5, 1) == [0]


def test_the_nearest_block_goes_and_of_equals_the_upper_one():
    # Four layers; two go. Runs begin at 0, 1 or 2.
    near = [[0.3, 0.5, 0.6, 0.7], [0.2, 0.4, 0.6], [0.2, 0.4], [0.1], []]
    assert without_block(near, 4, 2) == [0, 1]
    assert least([0.3, 0.1, 0.3, 0.2], 2) == [0, 2]
