"""A lent beginning gives the states of rows with copies of it; it is computed once, and anew when a
weight changes."""

import numpy as np
import pytest
import torch
import transformers as hf

from assay.core.types import Message
from assay.models.inference import option_batches as scoring
from assay.models.inference import tree_attention as attention
from assay.models.inference.chat_model import ChatModel
from assay.models.inference.option_batches import ROWS, by_tree, prefix_length
from assay.models.inference.prefix_cache import lends
from assay.models.inference.shared_prefix import Beginning
from assay.models.inference.shared_prefix_attention import look

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


def test_parts_of_attention_are_put_together_by_their_log_sums():
    # Two parts with the log-sums a and b weigh exp(a) and exp(b): the softmax over both.
    draw = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(1, 2, n, 8, generator=draw) for n in (3, 5, 5))
    whole, total = look(query, key, value, 0.3, None)
    parts = [
        look(query, key[:, :, own], value[:, :, own], 0.3, None)
        for own in (slice(0, 2), slice(2, 5))
    ]
    (first, a), (second, b) = parts
    share = torch.sigmoid(a - b)[..., None]
    torch.testing.assert_close(torch.lerp(second, first, share), whole)
    torch.testing.assert_close(torch.logaddexp(a, b), total)
    # What other devices compute.
    narrow, same = look(query, key, torch.cat([value, value], -1), 0.3, None)
    torch.testing.assert_close(narrow[..., :8], whole)
    torch.testing.assert_close(same, total)


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
    network = hf.AutoModelForCausalLM.from_config(config, attn_implementation=attention.NAME)
    model = ChatModel(family, network.eval().requires_grad_(False), model.chat)
    beginning = model.beginning(model.chat.prompt(PROMPTS[0])[0][:20])
    assert beginning is not None and beginning.lent == lent
    scores = model.score(PROMPTS, OPTIONS, left=0.0)
    for found in model._beginnings._kept.values():
        found.lent = False
    np.testing.assert_allclose(model.score(PROMPTS, OPTIONS, left=0.0), scores, atol=1e-4)


def test_a_model_whose_attention_does_not_come_here_gets_copies(open_tiny):
    model = open_tiny()
    model.network.set_attn_implementation("sdpa")
    beginning = model.beginning([5, 6, 7, 8])
    assert not beginning.lent
    scores = model.score(PROMPTS, OPTIONS, left=0.0)
    np.testing.assert_allclose(open_tiny().score(PROMPTS, OPTIONS, left=0.0), scores, atol=1e-4)


def test_a_wrong_beginning_is_noticed(open_tiny):
    model = open_tiny()
    right = model.beginning([5, 6, 7, 8])
    assert lends(model.network, right)

    class Wrong(Beginning):
        def attend(self, *given):
            return super().attend(*given) * 1.1

    assert not lends(model.network, Wrong(right.cache))


@pytest.mark.slow
def test_a_run_in_parts_computes_its_beginning_once(open_tiny, monkeypatch):
    monkeypatch.setattr(scoring, "TREE_GAINS", 0.0)
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


def test_two_beginnings_are_kept(open_tiny):
    model = open_tiny()
    first, second, third = ([i, 6, 7, 8, 9] for i in (1, 2, 3))
    kept = model.beginning(first)
    model.beginning(second)
    assert model.beginning(first) is kept
    model.beginning(third)
    assert model.beginning(first) is kept  # the second has gone: it was asked for before
    assert len(model._beginnings._kept) == 2
    model.forget()
    assert model.beginning(first) is not kept


def test_weights_that_were_put_in_place_drop_what_was_kept(open_tiny):
    model = open_tiny()
    before = model.score(PROMPTS, OPTIONS)
    weights = model.network.state_dict()
    model.network.load_state_dict({name: weight * 1.2 for name, weight in weights.items()})
    after = model.score(PROMPTS, OPTIONS)
    assert not np.allclose(before, after, atol=1e-3)
    model.forget()
    assert np.array_equal(model.score(PROMPTS, OPTIONS), after)


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_of_an_optimiser_drops_what_was_kept(open_tiny, fused):
    model = open_tiny()
    weight = model.network.model.layers[0].self_attn.k_proj.weight.requires_grad_(True)
    before = model.score(PROMPTS, OPTIONS)
    weight.grad = torch.ones_like(weight)
    torch.optim.AdamW([weight], lr=0.3, fused=fused).step()
    after = model.score(PROMPTS, OPTIONS)
    assert not np.allclose(before, after, atol=1e-3)
    model.forget()
    assert np.array_equal(model.score(PROMPTS, OPTIONS), after)


def test_adapters_drop_what_was_kept(open_tiny):
    import peft

    model = open_tiny()
    before = model.score(PROMPTS, OPTIONS)
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    peft.inject_adapter_in_model(config, model.network)
    after = model.score(PROMPTS, OPTIONS)
    assert not np.allclose(before, after, atol=1e-3)
    model.forget()
    assert np.array_equal(model.score(PROMPTS, OPTIONS), after)


def test_the_shared_part_ends_where_the_questions_begin():
    # The questions share "2 2" by chance in this part of the run, and nothing in another.
    assert prefix_length([[1] * 9 + [2, 2, 3], [1] * 9 + [2, 2, 4]], [9, 9]) == 9
    assert prefix_length([[1] * 9 + [2], [1] * 9 + [5]], [9, 9]) == 9
    # Examples that stand in the question itself: a multiple of eight, which a word more or less
    # does not move.
    many = [1] * 5 + [2] * 40
    assert prefix_length([[*many, 3], [*many, 4]], [5, 5]) == 40
    # Unlike beginnings.
    assert prefix_length([[1, 2, 3], [2, 2, 3]], [1, 1]) == 0


# --- trees ----------------------------------------------------------------------------------------

LIKE = [
    (
        SYSTEM,
        *(
            Message(role, f"{words} {i % 2} {'money ' * 9}")
            for words in ("card lost", "refund")
            for role in TURN
        ),
        m,
    )
    for TURN in [("user", "assistant")]
    for i in range(12)
    for m in [Message("user", f"{'plastic ' * (i % 3)} number {i}")]
]


def test_rows_that_begin_alike_in_groups_are_computed_on_a_tree(open_tiny, monkeypatch):
    model = open_tiny()
    model.score(LIKE, OPTIONS)
    sizes = computed(model)
    on_tree = model.score(LIKE, OPTIONS, left=0.0)
    monkeypatch.setattr(scoring, "TREE_GAINS", 0.0)
    trees, sizes[:] = list(sizes), []
    padded = model.score(LIKE, OPTIONS, left=0.0)
    np.testing.assert_allclose(on_tree, padded, atol=1e-4)
    assert trees[0][0] == 1 and trees[0][1] < 0.5 * sizes[0][0] * sizes[0][1]


def test_rows_in_the_order_of_their_tokens():
    rows = [[1, 2, 3], [4, 5], [1, 2, 4], [4, 5]]
    # 1 2 3; 4; 4 5; and nothing for the second of two equal rows.
    assert by_tree(rows, 7) == [[0, 2, 1, 3]]
    assert by_tree(rows, 6) == []
