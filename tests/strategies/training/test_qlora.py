"""A base in 4 or 8 bits: the numbers of bitsandbytes, the same in training and evaluation, and an
ordinary adapter."""

import sys
from dataclasses import replace

import pytest
import torch

from assay.core.errors import TrainError
from assay.strategies.training.lora import Lora
from helpers.adapters import logits, loss_of, saved, sequences, taught, their_warnings
from helpers.nights import nightly_but
from helpers.quantised import SETTINGS, layers_of, plain

bitsandbytes = pytest.importorskip("bitsandbytes")
BY_DAY = [SETTINGS[0], SETTINGS[-1]]  # one of 4 bits and the one of 8


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


# --- training -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("settings", nightly_but(BY_DAY, SETTINGS), ids=str)
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


@pytest.mark.parametrize("settings", nightly_but(BY_DAY, SETTINGS), ids=str)
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
