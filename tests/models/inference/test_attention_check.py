"""How a network may be computed is found out by computing a little with it."""

import copy

import pytest
import torch
import transformers as hf

from assay.core.errors import ModelError
from assay.models.inference import tree_attention
from assay.models.inference.attention_check import (
    at_rest,
    by_themselves,
    close,
    fault,
    goes_behind,
    keeps,
    leave_trees,
    lends,
    pads,
    plain_agrees,
    some_lines,
    takes_trees,
    two_ways,
)
from assay.models.open import load_network
from helpers.architectures import build
from helpers.tree_families import FAMILIES, GROUPED

tree_attention.register()
family = pytest.mark.parametrize("config", FAMILIES.values(), ids=FAMILIES)


@family
def test_the_check_on_load_finds_that_it_can_be_computed_on_trees(config):
    torch.manual_seed(0)
    made = hf.AutoModelForCausalLM.from_config(
        copy.deepcopy(config), attn_implementation=tree_attention.NAME
    )
    assert takes_trees(made)
    assert takes_trees(made.bfloat16())


def test_a_model_with_masks_of_its_own_is_found_out():
    made = hf.AutoModelForCausalLM.from_config(
        hf.StableLmConfig(**GROUPED), attn_implementation=tree_attention.NAME
    )
    assert not takes_trees(made)


def test_a_model_that_does_not_ask_the_attention_function_is_found_out():
    class Deaf(torch.nn.Module):
        """Computes with SDPA whatever the tree says."""

        def forward(self, *given, tree=None, attention_mask=None, **named):
            return self.inner(*given, **named)

    made = hf.AutoModelForCausalLM.from_config(
        hf.LlamaConfig(**GROUPED), attn_implementation=tree_attention.NAME
    )
    deaf = Deaf()
    deaf.inner, made.model.layers[1].self_attn = made.model.layers[1].self_attn, deaf
    made.model.layers[1].self_attn.inner.config = copy.deepcopy(made.config)
    made.model.layers[1].self_attn.inner.config._attn_implementation = "sdpa"
    assert not takes_trees(made)


def llama():
    torch.manual_seed(0)
    return hf.AutoModelForCausalLM.from_config(
        hf.LlamaConfig(**GROUPED), attn_implementation=tree_attention.NAME
    )


def test_a_plain_decoder_can_be_computed_in_every_way():
    network = llama()
    apart = by_themselves(network)
    assert plain_agrees(network, apart) and fault(network, apart) == ""
    assert network.config._attn_implementation == tree_attention.NAME  # has its own again
    ways = (takes_trees, lends, goes_behind, pads, keeps)
    assert [way.__name__ for way in ways if not way(network)] == []


def test_a_network_that_looks_at_what_follows_is_refused():
    class Ahead(torch.nn.Module):
        """Adds the mean over all tokens."""

        def forward(self, *given, **named):
            return self.inner(*given, **named) + given[0].mean(1, keepdim=True)

    network = llama()
    ahead = Ahead()
    ahead.inner, network.model.layers[0].mlp = network.model.layers[0].mlp, ahead
    assert "follow" in fault(network, by_themselves(network))
    assert not keeps(network)


def test_a_network_that_computes_rows_together_is_refused():
    class Together(torch.nn.Module):
        """Takes the mean of the rows off each."""

        def forward(self, *given, **named):
            out = self.inner(*given, **named)
            return out - out.mean(0, keepdim=True) * (len(out) > 1)

    network = llama()
    mixed = Together()
    mixed.inner, network.model.layers[0].mlp = network.model.layers[0].mlp, mixed
    assert "beside it" in fault(network, by_themselves(network))


def test_why_a_network_is_refused_is_said_in_words(tmp_path):
    # Python's own words were "AttributeError: 'MoeCausalLMOutputWithPast' object has no ...".
    from helpers import architectures

    network = architectures.plain(architectures.build(tmp_path / "llama4", "llama4_text"))
    said = "the installed transformers cannot compute single rows with it"
    assert fault(network, by_themselves(network)) == said


def test_a_network_that_is_not_on_trees_says_so_and_can_be_taken_off_them():
    network = llama()
    leave_trees(network)
    assert network.config._attn_implementation == "sdpa"
    assert not takes_trees(network)


def test_windows_are_narrowed_and_dropout_is_off_only_meanwhile():
    network = hf.AutoModelForCausalLM.from_config(hf.MistralConfig(**GROUPED, sliding_window=64))
    network.train()
    with at_rest(network):
        assert network.config.sliding_window < 64 and not network.training
    assert network.config.sliding_window == 64 and network.training


def test_states_are_close_within_what_their_type_tells():
    states = torch.ones(3, 4)
    assert close([states * 1.0005], [states]) and not close([states * 1.01], [states])
    assert close([states.bfloat16() * 1.02], [states.bfloat16()])  # a percent is rounding there
    # Weights out of bounds say nothing of how they were computed.
    assert close([states], [states * torch.inf])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_model_that_transformers_computes_in_two_ways_is_refused(tmp_path, monkeypatch, dtype):
    """transformers adds Falcon's alibi twice in its plain attention, and once in SDPA."""
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelError, match="SDPA give different numbers"):
        load_network(build(tmp_path / "alibi", "falcon", alibi=True), dtype)
    network, _ = load_network(build(tmp_path / "rotary", "falcon"), dtype)
    assert network.config._attn_implementation == "sdpa"


def test_rounding_is_no_second_way():
    torch.manual_seed(0)
    config = hf.LlamaConfig(**GROUPED)
    plain, other = (
        hf.AutoModelForCausalLM.from_config(
            copy.deepcopy(config), attn_implementation=kind, dtype=torch.bfloat16
        )
        for kind in ("eager", "sdpa")
    )
    other.load_state_dict(plain.state_dict())
    assert not two_ways(other, plain)
    with torch.no_grad():
        other.model.norm.weight[::2] *= 1.5
    assert two_ways(other, plain)


def test_rows_of_the_check_fit_into_a_short_model():
    network = hf.AutoModelForCausalLM.from_config(
        hf.GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=64, n_positions=24)
    )
    assert max(map(len, some_lines(network))) == 24


def test_one_token_in_the_middle_may_not_lie_far_off_in_bf16():
    states = torch.ones(3, 4).bfloat16()
    assert not close([states * 1.07], [states])
    odd = states.clone()
    odd[0] *= 1.12  # an expert that falls otherwise
    assert close([odd], [states])
