"""Low-rank pairs beside the layers of one base."""

import copy

import pytest
import torch

from assay.core.errors import ModelError
from assay.core.store import write_json
from assay.training.adapters.compatibility import CONFIG, WEIGHTS
from assay.training.adapters.lora_weights import (
    ActiveAdapter,
    Beside,
    LoraWeights,
    Mixed,
    need_pairs,
    read_pairs,
    scaling,
)
from helpers.adapters import their_warnings
from helpers.problems import problem


def test_layers_that_lie_the_other_way_round(tmp_path):
    from peft import LoraConfig, get_peft_model
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    config = GPT2Config(n_layer=2, n_embd=32, n_head=2, vocab_size=480, n_positions=64)
    network = GPT2LMHeadModel(config).eval()
    ids = torch.arange(12)[None]
    names = ["c_attn", "c_proj", "c_fc"]
    how = LoraConfig(
        r=4, target_modules=names, fan_in_fan_out=True, init_lora_weights=False, use_dora=True
    )
    with their_warnings():
        peer = get_peft_model(copy.deepcopy(network), how).eval()
    peer.save_pretrained(tmp_path)
    turn = ActiveAdapter()
    turn.one = "it"
    for place, pair in read_pairs(network, tmp_path).items():
        beside = Beside(turn)
        beside.pairs["it"] = pair
        network.get_submodule(place).register_forward_hook(beside.after)
    with torch.no_grad():
        torch.testing.assert_close(network(ids).logits, peer(ids).logits, atol=2e-5, rtol=1e-5)


def pair(inside=3, out=4, rank=2, gain=None):
    draw = torch.Generator().manual_seed(1)
    a, b = (torch.randn(*size, generator=draw) for size in ((rank, inside), (out, rank)))
    return LoraWeights(a, b, gain)


def test_what_is_added_is_the_product_and_the_gain_of_the_layers_own_part():
    x, bias = torch.randn(5, 3), torch.randn(4)
    own = torch.randn(5, 4)
    plain = pair()
    torch.testing.assert_close(plain(x, own, bias), x @ plain.a.T @ plain.b.T)
    scaled = pair(gain=torch.tensor([0.0, 0.5, -1.0, 2.0]))
    torch.testing.assert_close(
        scaled(x, own, bias), x @ plain.a.T @ plain.b.T + scaled.gain * (own - bias)
    )
    assert (plain.bytes, scaled.bytes) == (4 * (6 + 8), 4 * (6 + 8 + 4))


def test_each_row_meets_its_own_pair_alone():
    turn, layer = ActiveAdapter(), torch.nn.Linear(3, 4)
    beside = Beside(turn)
    beside.pairs = {"one": pair(), "two": pair(gain=torch.ones(4))}
    x = torch.randn(3, 2, 3)
    with torch.no_grad():
        own = layer(x)

        def said(name):
            turn.one, turn.mixed = name, None
            return beside.after(layer, (x,), own)

        wanted = [said("two")[0], own[1], said("one")[2]]
        turn.mixed = Mixed(["two", "", "one"], None)
        found = beside.after(layer, (x,), own)
        torch.testing.assert_close(found, torch.stack(wanted))
        # The same tokens in one line, each with the row that it belongs to.
        turn.mixed = Mixed(["two", "", "one"], torch.tensor([0, 0, 1, 1, 2, 2]))
        line = beside.after(layer, (x.reshape(1, 6, 3),), own.reshape(1, 6, 4))
    torch.testing.assert_close(line.view_as(found), found)
    assert said("gone") is own  # the base


def test_tokens_of_a_name_are_counted_through_the_pass():
    mixed = Mixed(["a", "", "a", "b"], None)
    places = dict(mixed.places(torch.Size([4, 2]), torch.device("cpu")))
    assert {name: found.tolist() for name, found in places.items()} == {
        "a": [0, 1, 4, 5],
        "b": [6, 7],
    }
    with pytest.raises(ValueError, match="4 rows"):
        mixed.places(torch.Size([3, 2]), torch.device("cpu"))


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ({"lora_alpha": 12}, 3.0),
        ({"lora_alpha": 12, "use_rslora": True}, 6.0),  # by the root of the rank
        ({"lora_alpha": 12, "alpha_pattern": {"q_proj": 2}}, 0.5),
        ({"lora_alpha": 12, "alpha_pattern": {"k_proj": 2}}, 3.0),
    ],
)
def test_the_scaling_is_pefts(config, factor):
    assert scaling(config, "model.layers.0.self_attn.q_proj", 4) == factor


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "MISS"}, "MISS"),
        ({"peft_type": "LORA", "bias": "all"}, "bias"),
        ({"peft_type": "LORA", "modules_to_save": ["lm_head"]}, "modules_to_save"),
    ],
)
def test_what_is_more_than_pairs_is_refused(tmp_path, config, words):
    with problem(ModelError, "M114"):
        need_pairs(tmp_path)
    (tmp_path / WEIGHTS).touch()
    write_json(tmp_path / CONFIG, {"peft_type": "LORA", "bias": "none", "r": 4})
    assert need_pairs(tmp_path)["r"] == 4
    write_json(tmp_path / CONFIG, config)
    with problem(ModelError, "M114", None, words):
        need_pairs(tmp_path)
