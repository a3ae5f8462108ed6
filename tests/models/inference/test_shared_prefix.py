"""A lent beginning gives the states of rows with copies of it; it is computed once, and anew when a
weight changes."""

import numpy as np
import pytest
import torch
import transformers as hf

from assay.core.types import Message
from assay.models.inference import option_batches, tree_attention
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.option_batches import ROWS

SYSTEM = Message("system", "Classify the message. Which colour has the money?")
OPTIONS = ("card", "card lost", "refund", "Which colour?")
PROMPTS = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then and then", "a", "plastic", "a")
]


def computed(model):
    """A list that grows by the tokens of each pass."""
    sizes = []
    model.body.register_forward_pre_hook(
        lambda module, args, given: sizes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    return sizes


FAMILIES = {
    "llama": (hf.LlamaConfig, {}, True),
    "qwen 3": (hf.Qwen3Config, {"head_dim": 16}, True),
    "gpt-neox": (hf.GPTNeoXConfig, {}, True),
    "phi 3": (hf.Phi3Config, {"pad_token_id": 0}, True),
    "gemma 2, capped and windowed": (
        hf.Gemma2Config,
        {"head_dim": 16, "sliding_window": 64},
        False,
    ),
    "mistral, windowed": (hf.MistralConfig, {"sliding_window": 64}, True),
    "gpt-2": (hf.GPT2Config, {"n_embd": 64, "n_layer": 2, "n_head": 4}, True),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_of_a_lent_beginning_are_those_of_copies(open_tiny, family):
    kind, own, lent = FAMILIES[family]
    model = open_tiny()
    torch.manual_seed(0)
    small = {
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    shape = {} if family == "gpt-2" else small | {"num_key_value_heads": 2}
    config = kind(**shape, **own, vocab_size=model.network.config.vocab_size)
    network = hf.AutoModelForCausalLM.from_config(config, attn_implementation=tree_attention.NAME)
    model = ChatModel(family, network.eval().requires_grad_(False), model.chat)
    beginning = model.beginning(model.chat.prompt(PROMPTS[0])[0][:20])
    assert beginning is not None and beginning.lent == lent
    scores = model.score(PROMPTS, OPTIONS, left=0.0)
    for found in model._recent._kept.values():
        found.lent = False
    np.testing.assert_allclose(model.score(PROMPTS, OPTIONS, left=0.0), scores, atol=1e-4)


def test_a_model_whose_attention_does_not_come_here_gets_copies(open_tiny):
    model = open_tiny()
    model.network.set_attn_implementation("sdpa")
    beginning = model.beginning([5, 6, 7, 8])
    assert not beginning.lent
    scores = model.score(PROMPTS, OPTIONS, left=0.0)
    np.testing.assert_allclose(open_tiny().score(PROMPTS, OPTIONS, left=0.0), scores, atol=1e-4)


@pytest.mark.slow
def test_a_run_in_parts_computes_its_beginning_once(open_tiny, monkeypatch):
    monkeypatch.setattr(option_batches, "TREE_GAINS", 0.0)
    model = open_tiny()
    prompts = [
        (SYSTEM, Message("user", f"my {'card ' * (i % 5)} is the matter")) for i in range(ROWS + 40)
    ]
    model.score(prompts[:2], OPTIONS)
    lent = []
    model.body.register_forward_pre_hook(
        lambda module, args, given: lent.append("before" in given), with_kwargs=True
    )
    whole = model.score(prompts, OPTIONS)
    assert lent and all(lent)
    parts = [model.score(prompts[:ROWS], OPTIONS), model.score(prompts[ROWS:], OPTIONS)]
    assert np.array_equal(np.concatenate(parts), whole)
    # A process that goes on after a kill has kept nothing.
    assert np.array_equal(open_tiny().score(prompts[ROWS:], OPTIONS), whole[ROWS:])
