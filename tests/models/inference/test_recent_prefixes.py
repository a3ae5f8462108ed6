"""What prompts begin with is computed once, kept from call to call, and computed anew when a weight
changes."""

import numpy as np
import pytest
import torch

from assay.core.types import Message
from assay.models.inference.recent_prefixes import lends
from assay.models.inference.shared_prefix import Beginning

SYSTEM = Message("system", "Classify the message. Which colour has the money?")
OPTIONS = ("card", "card lost", "refund", "Which colour?")
PROMPTS = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then and then", "a", "plastic", "a")
]


def test_a_wrong_beginning_is_noticed(open_tiny):
    model = open_tiny()
    right = model.beginning([5, 6, 7, 8])
    assert lends(model.network, right)

    class Wrong(Beginning):
        def attend(self, *given):
            return super().attend(*given) * 1.1

    assert not lends(model.network, Wrong(right.cache))


def test_a_beginning_that_leaves_no_room_below_the_limit_is_lent_to_nobody(open_tiny):
    model = open_tiny()
    model.network.config.rope_parameters = {"rope_type": "dynamic", "factor": 2.0}
    model.network.config.max_position_embeddings = 20
    assert model.beginning([5, 6, 7, 8]).lent
    # Two rows of three tokens are tried after it: 18 and 3 are more than 20.
    assert not model.beginning([5] * 18).lent
    assert model.beginning([5] * 17).lent


def test_two_beginnings_are_kept(open_tiny):
    model = open_tiny()
    first, second, third = ([i, 6, 7, 8, 9] for i in (1, 2, 3))
    kept = model.beginning(first)
    model.beginning(second)
    assert model.beginning(first) is kept
    model.beginning(third)
    assert model.beginning(first) is kept  # the second has gone: it was asked for before
    assert len(model._recent._kept) == 2
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
