"""Linear layers in 4 or 8 bits: the numbers of bitsandbytes, and what they take."""

import gc
import weakref

import pytest
import torch

from assay.core.errors import TrainError
from assay.training.bitsandbytes import quantise, weight_bytes
from helpers.quantised import CODINGS, SETTINGS, layers_of, plain

bitsandbytes = pytest.importorskip("bitsandbytes")


# Dettmers et al. (2023), appendix E.
NF4 = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
]  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_weights_are_those_of_bitsandbytes_to_the_bit(open_tiny, coding, dtype):
    functional = bitsandbytes.functional
    network = open_tiny(dtype=dtype).network
    quantise(network, 4, **coding)
    base = open_tiny(dtype=dtype).network
    assert len(layers_of(network)) == 14
    for name, layer in layers_of(network).items():
        codes, state = functional.quantize_4bit(
            base.get_submodule(name).weight.data,
            blocksize=64,
            compress_statistics=coding.get("double", False),
            quant_type=coding["quant"],
        )
        expected = functional.dequantize_4bit(codes, state)
        assert expected.dtype == dtype
        assert torch.equal(plain(layer), expected)
        # What the layer computes with: its output for the unit vectors.
        assert torch.equal(layer(torch.eye(layer.in_features, dtype=dtype)), expected.T)


def test_nf4_is_the_nearest_of_its_sixteen_levels_in_each_block_of_64(open_tiny):
    network, base = open_tiny().network, open_tiny().network
    quantise(network, 4, quant="nf4")
    levels = torch.tensor(NF4)
    for name, layer in layers_of(network).items():
        blocks = base.get_submodule(name).weight.data.reshape(-1, 64)
        most = blocks.abs().amax(1, keepdim=True)
        nearest = levels[((blocks / most)[..., None] - levels).abs().argmin(-1)]
        torch.testing.assert_close(plain(layer).reshape(-1, 64), nearest * most, atol=1e-6, rtol=0)


def test_eight_bits_are_127_steps_to_the_largest_of_a_row(open_tiny):
    network, base = open_tiny().network, open_tiny().network
    quantise(network, 8)
    for name, layer in layers_of(network).items():
        weight = base.get_submodule(name).weight.data
        steps = plain(layer) / (weight.abs().amax(1, keepdim=True) / 127)
        # bitsandbytes goes through fp16, which moves a weight by up to 127 / 2048 of a step.
        torch.testing.assert_close(steps, steps.round(), atol=0.07, rtol=0)
        assert (steps - weight / (weight.abs().amax(1, keepdim=True) / 127)).abs().max() <= 0.57


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_outputs_and_gradients_are_those_of_the_dequantised_weight(open_tiny, settings):
    network = open_tiny().network
    quantise(network, **settings)
    layer = network.get_submodule("model.layers.0.mlp.gate_proj")
    x = torch.randn(3, 5, 64, requires_grad=True)
    y = layer(x)
    pull = torch.randn_like(y)
    y.backward(pull)
    torch.testing.assert_close(y, x @ plain(layer).T, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(x.grad, pull @ plain(layer), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "most"),
    [(SETTINGS[0], 0.29), (SETTINGS[1], 0.45), (SETTINGS[2], 0.29), (SETTINGS[4], 0.54)],
    ids=str,
)
def test_weights_take_a_quarter_to_a_half_of_bf16(open_tiny, settings, most):
    # 4 bits and an fp32 constant for each block of 64: 4.5 of 16 bits, and a table of 16 levels a
    # layer. Doubled, the constants take 8 bits and the table 1 kB more, which counts on layers as
    # small as these. 8 bits: a scale a row.
    network = open_tiny(dtype=torch.bfloat16).network
    base = {n: p for n, p in network.named_parameters()}
    saving = quantise(network, **settings)
    layers = layers_of(network)
    before = sum(base[f"{name}.weight"].nbytes for name in layers)
    after = sum(weight_bytes(layer) for layer in layers.values())
    assert saving == (14, before, after)
    assert after <= most * before


def test_the_original_weights_are_let_go(open_tiny):
    network = open_tiny().network
    alive = [
        weakref.ref(network.get_submodule(f"model.layers.{i}.mlp.up_proj").weight) for i in (0, 1)
    ]
    head = weakref.ref(network.get_output_embeddings().weight)
    quantise(network, 4)
    gc.collect()
    assert [weight() for weight in alive] == [None, None]
    assert head() is network.get_output_embeddings().weight


@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[4]], ids=str)
def test_embeddings_output_layer_and_norms_stay(open_tiny, settings):
    network = open_tiny(dtype=torch.bfloat16).network
    base = dict(open_tiny(dtype=torch.bfloat16).network.named_parameters())
    quantise(network, **settings)
    left = {
        n: p
        for n, p in network.named_parameters()
        if n.rpartition(".")[0] not in layers_of(network)
    }
    assert "model.embed_tokens.weight" in left and "model.norm.weight" in left
    assert all(torch.equal(weight, base[name]) for name, weight in left.items())
    assert type(network.get_output_embeddings()) is torch.nn.Linear


def test_a_model_without_layers_of_the_kind_is_refused():
    from transformers import GPT2Config, GPT2LMHeadModel

    network = GPT2LMHeadModel(
        GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, bos_token_id=None)
    )
    with pytest.raises(TrainError) as caught:
        quantise(network, 4)
    assert [problem.code for problem in caught.value.problems] == ["T024"]
