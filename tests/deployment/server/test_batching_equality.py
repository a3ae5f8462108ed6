"""Windows, caps, trained beginnings, prompts read in stretches: the same answers as in a call of
their own."""

import pytest
import torch

from assay.deployment.server import continuous_batching
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, running
from helpers.nights import nightly_but

SYSTEM = "missing taxi and a stolen reader of the shop " * 3
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "the lemon has what colour?",
    "money " * 30,
)
PROMPTS = [
    *(chat("Answer.", text) for text in TEXTS),
    *(chat(SYSTEM, text) for text in TEXTS),
    chat("", "a b c"),
]


def tiny(kind, chat, **more):
    from transformers import AutoConfig, AutoModelForCausalLM

    from assay.models.inference import tree_attention
    from assay.models.inference.chat_model import ChatModel

    tree_attention.register()
    config = AutoConfig.for_model(
        kind, vocab_size=480, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=512, initializer_range=0.3,
        pad_token_id=0,
        bos_token_id=None, eos_token_id=2, **more,
    )  # fmt: skip
    before = torch.get_rng_state()
    torch.manual_seed(3)
    network = AutoModelForCausalLM.from_config(
        config, attn_implementation=tree_attention.NAME
    ).eval()
    torch.set_rng_state(before)
    return ChatModel(kind, network, chat)


def check(model, slots=5):
    expected = [model.generate([prompt], max_tokens=9)[0] for prompt in PROMPTS]
    with running([base_arm(model)], slots=slots) as engine:
        for _ in range(2):
            asked = [begin(engine, Wanted("base", prompt, max_tokens=9)) for prompt in PROMPTS]
            assert [heard.text for heard in asked] == [answer.text for answer in expected]
            assert [heard.last.written for heard in asked] == [answer.tokens for answer in expected]
        return [heard.last.shared for heard in asked]


@pytest.mark.slow
@pytest.mark.parametrize("stretch", nightly_but([3], [3, 512]))
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("mistral", {"sliding_window": 8}),
        pytest.param("mistral", {"sliding_window": 70}, marks=pytest.mark.nightly),
        pytest.param("qwen3", {}, marks=pytest.mark.nightly),
        pytest.param(
            "gemma2",
            {"query_pre_attn_scalar": 8, "attn_logit_softcapping": 5.0, "sliding_window": 12},
            marks=pytest.mark.nightly,
        ),
        ("gemma3_text", {"query_pre_attn_scalar": 8, "sliding_window": 30}),
    ],
)
def test_other_architectures(open_tiny, monkeypatch, kind, more, stretch):
    monkeypatch.setattr(continuous_batching, "BESIDE", stretch)
    monkeypatch.setattr(continuous_batching, "ALONE", 2 * stretch)
    model = tiny(kind, open_tiny().chat, **more)
    assert continuous_batching.fits(model)
    assert any(check(model))


@pytest.mark.slow
def test_trained_keys_before_every_prompt(open_tiny):
    from transformers import DynamicCache

    model = open_tiny()
    virtual = torch.randn(1, 5, 64, generator=torch.Generator().manual_seed(4))

    def soft():
        cache = DynamicCache(config=model.network.config)
        with torch.no_grad():
            model.network.base_model(inputs_embeds=virtual, cache=cache, use_cache=True)
        return cache

    plain = check(model)
    without = model.generate(PROMPTS[:1], max_tokens=9)
    model.soft = soft
    model.forget()
    assert model.generate(PROMPTS[:1], max_tokens=9) != without
    assert check(model) == plain


@pytest.mark.slow
def test_few_bytes_mean_few_rows_and_the_same_answers(open_tiny):
    model = open_tiny()
    expected = [model.generate([prompt], max_tokens=9)[0].text for prompt in PROMPTS]
    with running([base_arm(model)], own_bytes=1, kept_bytes=0) as engine:
        asked = [begin(engine, Wanted("base", prompt, max_tokens=9)) for prompt in PROMPTS]
        assert [heard.text for heard in asked] == expected
        assert not len(engine.shelves[0])
