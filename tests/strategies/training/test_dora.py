"""LoRA on the direction of the weights: PEFT's computation, its file, its beginning."""

import pytest
import torch

from assay.strategies.training.lora import Lora
from helpers.adapters import logits, loss_of, same_gradients, saved, sequences, taught, through_peft


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def made(open_tiny, given, dtype=torch.float32, **settings):
    model = open_tiny(dtype=dtype)
    return model, Lora(rank=4, decompose=True, **settings).change(model, given)


@pytest.mark.parametrize(
    "settings", [{}, {"initialise": "pissa"}, {"initialise": "olora", "rs": True}], ids=str
)
def test_plain_peft_computes_the_same_from_the_saved_folder(open_tiny, given, tmp_path, settings):
    model, change = made(open_tiny, given, **settings)
    before = logits(open_tiny().network, model, given)
    ours = logits(taught(model, change, given), model, given)
    theirs = logits(
        through_peft(open_tiny().network, saved(change, tmp_path / "arm")), model, given
    )
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)
    assert (ours - before).abs().max() > 1e-2


@pytest.mark.slow
def test_it_learns_as_peft_does(open_tiny, given, tmp_path):
    model, change = made(open_tiny, given)
    taught(model, change, given)
    theirs = through_peft(open_tiny().network, saved(change, tmp_path / "arm"))
    same_gradients(
        model.network, theirs, change.trained, sequences(model, given, given.train[:1])[0]
    )


@pytest.mark.slow
@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantised_base_can_be_decomposed(open_tiny, given, bits):
    pytest.importorskip("bitsandbytes")
    model, change = made(open_tiny, given, bits=bits)
    quantised = open_tiny()
    Lora(rank=4, bits=bits).change(quantised, given)
    start = logits(quantised.network, quantised, given)
    torch.testing.assert_close(logits(model.network, model, given), start, atol=2e-5, rtol=0)
    taught(model, change, given)
    once, again = logits(model.network, model, given), logits(model.network, model, given)
    assert torch.equal(once, again)
    assert (once - start).abs().max() > 1e-2
    assert all(parameter.isfinite().all() for parameter in change.trained.values())


@pytest.mark.slow
def test_dropout_is_that_of_peft(open_tiny, given, tmp_path):
    model, change = made(open_tiny, given, dropout=0.3)
    taught(model, change, given)
    theirs = through_peft(open_tiny().network, saved(change, tmp_path / "arm"))
    row = sequences(model, given, given.train[:1])[0]
    losses = []
    for network in (model.network, theirs):
        torch.manual_seed(9)
        losses.append(loss_of(network.train(), row))
    torch.testing.assert_close(*losses)
