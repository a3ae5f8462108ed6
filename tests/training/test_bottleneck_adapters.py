"""Bottlenecks at the parts of every layer: what they compute, in closed form."""

from itertools import product

import pytest
import torch
from transformers import AutoModelForCausalLM, GPTNeoXConfig, MixtralConfig, OPTConfig

from assay.core.errors import TrainError
from assay.strategies.training.trained_arm import sequences_of
from assay.training.batch import TrainingBatch
from assay.training.bottleneck_adapters import Bottleneck, insert
from assay.training.decoder_layers import decoder_layers
from helpers.nights import nightly_but

PLACES = ("both", "feedforward", "parallel")
places = pytest.mark.parametrize("place", PLACES)
SIZES = {
    "vocab_size": 450,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.1,
}


SIZES |= {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def random_network(config=GPTNeoXConfig, dtype=torch.float32, **given):
    from assay.models.inference import tree_attention

    tree_attention.register()
    torch.manual_seed(0)
    made = AutoModelForCausalLM.from_config(
        config(**SIZES, **given), attn_implementation=tree_attention.NAME, dtype=dtype
    )
    return made.eval().requires_grad_(False)


def moved(trained):
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in trained.values():
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.1)
    return trained


def test_a_bottleneck_is_down_bend_up():
    adapter = Bottleneck(6, 3, "relu", 4.0)
    moved(dict(adapter.named_parameters()))
    x = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
    narrow = (x @ adapter.down.weight.T + adapter.down.bias).clamp(min=0)
    torch.testing.assert_close(adapter(x), 4 * (narrow @ adapter.up.weight.T + adapter.up.bias))
    assert adapter(x.bfloat16()).dtype == torch.bfloat16


@places
def test_the_base_is_where_it_starts(place):
    network, ids = random_network(), torch.arange(20)[None]
    with torch.no_grad():
        before = network(ids).logits
        trained = insert(network, place, 4, "relu", 1.0)
        assert torch.equal(network(ids).logits, before)
        moved(trained)
        assert (network(ids).logits - before).abs().max() > 1e-2
    # Two weights, two biases; at both parts of the two layers or at one.
    numbers = 2 * (4 * 32) + 4 + 32
    assert sum(weight.numel() for weight in trained.values()) == numbers * 2 * (
        2 if place == "both" else 1
    )


@places
def test_parts_give_what_the_papers_say(place):
    network, ids = random_network(), torch.arange(20)[None]
    moved(insert(network, place, 4, "gelu", 2.0))
    _, layer = decoder_layers(network)[1]
    seen = {}
    for part in (layer.attention, layer.mlp):
        # In front of the adapter's own hook, which then sees what the part alone gives.
        part.register_forward_hook(
            lambda part, args, out: seen.update({part: (args, out)}), prepend=True
        )
        part.register_forward_hook(lambda part, args, out: seen.update({(part, "after"): out}))
    with torch.no_grad():
        network(ids)
        (given, alone), after = seen[layer.mlp], seen[layer.mlp, "after"]
        passed = given[0] if place == "parallel" else alone
        torch.testing.assert_close(after, alone + layer.mlp.bottleneck(passed))
        (_, (alone, *_)), (after, *_) = seen[layer.attention], seen[layer.attention, "after"]
        expected = alone + layer.attention.bottleneck(alone) if place == "both" else alone
        torch.testing.assert_close(after, expected)


def test_a_feed_forward_part_without_a_module_has_its_adapter_at_its_end():
    network = random_network(OPTConfig, ffn_dim=48, word_embed_proj_dim=32)
    names = insert(network, "both", 4, "relu", 1.0)
    assert {n.split(".bottleneck.")[0].rpartition(".")[2] for n in names} == {"self_attn", "fc2"}
    with pytest.raises(TrainError, match="T030") as caught:
        insert(
            random_network(OPTConfig, ffn_dim=48, word_embed_proj_dim=32),
            "parallel",
            4,
            "relu",
            1.0,
        )
    assert "set place to both" in str(caught.value)


@places
def test_experts_are_one_part(place):
    network = random_network(
        MixtralConfig, num_key_value_heads=2, intermediate_size=48, num_local_experts=4
    )
    ids = torch.arange(20)[None]
    with torch.no_grad():
        before = network(ids).logits
        moved(insert(network, place, 4, "relu", 1.0))
        assert (network(ids).logits - before).abs().max() > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "tree"),
    nightly_but(
        [("both", True), ("feedforward", False), ("parallel", True)],
        product(PLACES, (True, False)),
    ),
)
def test_loss_and_gradients_are_those_of_separate_sequences(
    place, tree, lesson, open_tiny, one_thread
):
    given, model = lesson("classify"), open_tiny()
    network = random_network(dtype=torch.float64)
    trained = moved(insert(network, place, 4, "silu", 1.0))
    network.double()
    sequences = sequences_of(model.chat, given.task, given.train[:5])
    batch = TrainingBatch.of(sequences, range(5), pad=0, device=model.device, tree=tree)
    grads = torch.autograd.grad(-batch.log_probs(network).sum(), list(trained.values()))
    logs = [network(torch.tensor([s.ids])).logits[0].log_softmax(-1) for s in sequences]
    alone = -sum(
        log[i - 1, s.ids[i]] for s, log in zip(sequences, logs, strict=True) for i in s.targets
    )
    expected = torch.autograd.grad(alone, list(trained.values()))
    largest = max(float(grad.abs().max()) for grad in expected)
    for grad, other in zip(grads, expected, strict=True):
        torch.testing.assert_close(grad, other, atol=1e-9 * largest, rtol=0)
