"""A base in 4 or 8 bits: the numbers of bitsandbytes, the same in training and evaluation, and an
ordinary adapter."""

import gc
import sys
import weakref
from dataclasses import replace

import pytest
import torch

from assay.core.errors import TrainError
from assay.strategies.training.lora import Lora
from assay.training.bitsandbytes import quantise, weight_bytes
from helpers.adapters import logits, loss_of, saved, sequences, taught, their_warnings

bitsandbytes = pytest.importorskip("bitsandbytes")

# Dettmers et al. (2023), appendix E.
NF4 = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
]  # fmt: skip
CODINGS = [
    {"quant": "nf4"},
    {"quant": "nf4", "double": True},
    {"quant": "fp4"},
    {"quant": "fp4", "double": True},
]
SETTINGS = [{"bits": 4, **coding} for coding in CODINGS] + [{"bits": 8}]


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def layers_of(network):
    kinds = (bitsandbytes.nn.Linear4bit, bitsandbytes.nn.Linear8bitLt)
    return {name: part for name, part in network.named_modules() if isinstance(part, kinds)}


def plain(layer):
    """The weight of a quantised layer by bitsandbytes itself."""
    weight = layer.weight
    if isinstance(layer, bitsandbytes.nn.Linear4bit):
        return bitsandbytes.functional.dequantize_4bit(weight.data, weight.quant_state)
    scale = weight.SCB if weight.SCB is not None else layer.state.SCB
    return bitsandbytes.functional.int8_vectorwise_dequant(weight.data, scale)


# --- the numbers ----------------------------------------------------------------------------------


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


# --- memory ---------------------------------------------------------------------------------------


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


# --- training -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_an_evaluation_leaves_weights_and_gradients_as_they_were(open_tiny, given, settings, dtype):
    # bitsandbytes would pack 4-bit weights anew on some processors and compute with other numbers
    # from then on.
    model = open_tiny(dtype=dtype)
    change = Lora(rank=4, **settings).change(model, given)
    row = sequences(model, given, given.train[:1])[0]

    def gradients():
        loss = loss_of(model.network.train(), row)
        grads = torch.autograd.grad(loss, list(change.trained.values()), allow_unused=True)
        return loss, [g for g in grads if g is not None]

    taught(model, change, given, steps=3)
    weights = {name: plain(layer) for name, layer in layers_of(model.network).items()}
    loss, before = gradients()
    with torch.no_grad():
        evaluated = loss_of(model.network.eval(), row)
    model.network.state_dict()
    again, after = gradients()
    assert evaluated == loss == again
    assert len(before) == 28
    assert all(torch.equal(first, second) for first, second in zip(before, after, strict=True))
    assert all(
        torch.equal(plain(layer), weights[name]) for name, layer in layers_of(model.network).items()
    )


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_an_arm_comes_back_to_the_bit(open_tiny, given, tmp_path, settings):
    model, again = open_tiny(), open_tiny()
    change = Lora(rank=4, **settings).change(model, given)
    before = logits(model.network, model, given)
    ours = logits(taught(model, change, given), model, given)
    assert {p.dtype for p in change.trained.values()} == {torch.float32}
    folder = saved(change, tmp_path / "arm")
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    restored = Lora(rank=4, **settings).change(again, replace(given, train=(), val=()))
    restored.read(folder)
    assert torch.equal(logits(again.network.eval(), again, given), ours)
    assert (ours - before).abs().max() > 1e-2


def test_plain_transformers_and_peft_compute_the_same_from_the_saved_folder(
    tiny_model, open_tiny, given, tmp_path
):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    model = open_tiny()
    change = Lora(rank=4, bits=4).change(model, given)
    ours = logits(taught(model, change, given), model, given)
    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.float32
    )
    base = AutoModelForCausalLM.from_pretrained(
        tiny_model, quantization_config=config, dtype=torch.float32
    )
    with their_warnings():
        theirs = PeftModel.from_pretrained(base, saved(change, tmp_path / "arm"))
    # In training mode: in evaluation theirs would round to bf16 on some processors.
    torch.testing.assert_close(logits(theirs.train(), model, given), ours, atol=1e-5, rtol=0)


def test_what_is_kept_is_told(lesson, open_tiny):
    told = []
    Lora(rank=4, bits=4).change(open_tiny(dtype=torch.bfloat16), lesson("answer", tell=told.append))
    assert told == [{"event": "note", "text": "14 layers: 0.0 instead of 0.1 MB in 4 bits"}]


# --- what goes wrong ------------------------------------------------------------------------------


def test_without_bitsandbytes_the_way_to_it_is_named(open_tiny, given, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(TrainError) as caught:
        Lora(bits=4).change(open_tiny(), given)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("T022", "bits")
    assert "pip install 'assay[quant]'" in problem.help


def test_a_model_without_layers_of_the_kind_is_refused():
    from transformers import GPT2Config, GPT2LMHeadModel

    network = GPT2LMHeadModel(
        GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, bos_token_id=None)
    )
    with pytest.raises(TrainError) as caught:
        quantise(network, 4)
    assert [problem.code for problem in caught.value.problems] == ["T024"]
