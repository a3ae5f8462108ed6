import torch

from assay.core.types import LanguageModel, Message
from assay.models.inference.chat_model import ChatModel


def test_a_folder_is_opened_through_the_gate(tiny_model, tmp_path, monkeypatch, one_thread):
    from assay.models.device import weight_type
    from assay.models.open import open_model

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    model = open_model(str(tiny_model), offline=True)
    assert isinstance(model, ChatModel)
    assert isinstance(model, LanguageModel)
    assert model.chat.max_length == 512
    assert model.head.weight.dtype == weight_type()
    assert not any(parameter.requires_grad for parameter in model.network.parameters())
    assert model.takes_trees and not model.network.training
    assert len(model.generate([(Message("user", "my card"),)], max_tokens=2)) == 1


def test_a_second_load_computes_no_pass_and_answers_alike(
    tiny_model, tmp_path, monkeypatch, one_thread
):
    from assay.models.inference import attention_check
    from assay.models.open import open_model

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")
    first = open_model(str(tiny_model), offline=True)
    tried = []
    at_rest = attention_check.at_rest  # around every pass of the checks
    monkeypatch.setattr(
        attention_check, "at_rest", lambda network: tried.append(network) or at_rest(network)
    )
    second = open_model(str(tiny_model), offline=True)
    for model in (first, second):
        assert (model.takes_trees, model.lends, model.pads, model.keeps) == (True,) * 4
    assert not tried
    asked = [(Message("user", "my card"),), (Message("user", "the taxi is red"),)]
    assert first.generate(asked, max_tokens=3) == second.generate(asked, max_tokens=3)
    monkeypatch.setenv("ASSAY_PRECISION", "bf16")
    open_model(str(tiny_model), offline=True)
    assert tried  # in another type it is another network


def test_weights_are_read_in_the_precision_that_is_asked_for(
    tiny_model, tmp_path, monkeypatch, one_thread
):
    from safetensors.torch import load_file

    from assay.models.loading.find import find
    from assay.models.open import load_model

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_PRECISION", "bf16")
    found = find(str(tiny_model), offline=True)
    assert load_model(found).head.weight.dtype == torch.bfloat16
    # The folder holds fp32: read by way of bf16, most weights would have lost bits.
    own = load_model(found, "fp32").network.state_dict()
    kept = load_file(tiny_model / "model.safetensors")
    assert all(torch.equal(own[name], weight) for name, weight in kept.items())
    assert not all(torch.equal(weight.bfloat16().float(), weight) for weight in kept.values())
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")
    assert load_model(found, "bf16").head.weight.dtype == torch.bfloat16


def test_an_embedder_gives_a_unit_vector_a_text(tiny_encoder, tmp_path, monkeypatch):
    import numpy as np

    from assay.models.open import embedder

    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    vectors = embedder(str(tiny_encoder), offline=True)(["chip wallet", "money", "chip wallet"])
    assert vectors.dtype == np.float32 and len(vectors) == 3
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
