"""LoRA layers with fewer operations: the same numbers in fp32, near ones in bf16, and as before
afterwards."""

import pytest
import torch

from assay.core.types import Decoding, Lesson, Means, Message, Task
from assay.models.inference.light_lora import is_plain, light_lora
from assay.strategies.training.lora import Lora


@pytest.fixture
def adapted(open_tiny):
    """`adapted(...)`: a model with adapters that do something."""

    def make(**settings):
        model = open_tiny("tiny")
        Lora(rank=3, **settings).change(model, Lesson(Task(), means=Means(0)))
        draw = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for name, weight in model.network.named_parameters():
                if "lora_B" in name:
                    weight.copy_(0.1 * torch.randn(weight.shape, generator=draw))
        model.network.eval()
        return model

    return make


def states(model):
    with torch.no_grad():
        return model.body(input_ids=torch.tensor([[3, 4, 5, 6, 7]])).last_hidden_state.float()


@pytest.mark.parametrize(("kind", "off"), [(torch.float32, 1e-5), (torch.bfloat16, 0.1)])
def test_it_gives_what_the_layers_give(adapted, kind, off):
    model = adapted(alpha=7)
    model.network.to(kind)
    for name, weight in model.network.named_parameters():
        if "lora_" in name:
            weight.data = weight.data.float()
    wanted = states(model)
    with light_lora(model.network):
        found = states(model)
    assert torch.allclose(found, wanted, atol=off) and torch.equal(states(model), wanted)
    plain = [layer for layer in model.network.modules() if is_plain(layer)]
    assert plain and not any("forward" in vars(layer) for layer in plain)


def test_what_is_no_plain_pair_stays_as_it_is(adapted):
    model = adapted(decompose=True)
    assert not any(is_plain(layer) for layer in model.network.modules())


def test_layers_are_as_before_where_the_work_inside_fails(adapted):
    model = adapted()
    with pytest.raises(KeyError), light_lora(model.network):
        raise KeyError
    assert not any("forward" in vars(layer) for layer in model.network.modules())


def test_answers_are_drawn_from_rounded_logits_and_the_seed_still_says_which(adapted):
    model = adapted()
    hidden = torch.randn(3, model.head.weight.shape[1], generator=torch.Generator().manual_seed(1))
    exact, rounded = model.logits(hidden), model.rounded_logits(hidden)
    assert rounded.dtype == torch.float32
    assert (exact - rounded).abs().max() < 0.05 * exact.abs().max()
    prompts, how = [(Message("user", "a card"),)] * 4, Decoding(temperature=1.0, seed=5)
    one, two = (model.sample(prompts, max_tokens=6, how=how) for _ in range(2))
    assert [line.tokens for line in one] == [line.tokens for line in two]
