"""A folder whose tensors are not those of its config is refused by name; hybrids open and score."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForTokenClassification

from assay.core.errors import ModelError
from assay.core.types import Message
from assay.models.loading.opening import open_network, open_tokenizer
from assay.models.open import embedder, open_model
from helpers import hybrids

TENSORS = "model.safetensors"
NORM = "model.layers.1.input_layernorm.weight"
UP = "model.layers.0.mlp.up_proj.weight"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_PRECISION", "fp32")


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "model")


def with_tensors(folder, change):
    tensors = load_file(folder / TENSORS)
    change(tensors)
    save_file(tensors, folder / TENSORS, {"format": "pt"})


def with_config(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def refusal(action) -> list[str]:
    with pytest.raises(ModelError) as caught:
        action()
    assert {problem.code for problem in caught.value.problems} == {"M092"}
    return [problem.text for problem in caught.value.problems]


def test_a_renamed_tensor_is_named_under_both_names(folder, one_thread):
    # transformers fills it with random numbers, so that two openings differ
    with_tensors(folder, lambda tensors: tensors.update(other=tensors.pop(NORM)))
    texts = refusal(lambda: open_model(str(folder), offline=True))
    (folder / "README.md").write_text("so that it is opened from the cache")
    with pytest.raises(ModelError) as caught:
        open_model(str(folder), offline=True)
    assert {problem.place for problem in caught.value.problems} == {str(folder)}
    assert texts == [
        f"the weights lack {NORM}",
        "the network of config.json has no other, which the weights hold",
    ]


def test_a_tensor_of_another_shape_is_named_with_both_shapes(folder, one_thread):
    with_config(folder, intermediate_size=96)
    texts = refusal(lambda: open_model(str(folder), offline=True))
    assert f"{UP} is 128×64 in the weights, 96×64 by config.json" in texts


def test_layers_that_the_config_does_not_have_are_named(folder, one_thread):
    with_config(folder, num_hidden_layers=1)
    (text,) = refusal(lambda: open_model(str(folder), offline=True))
    assert "model.layers.1." in text and "6 more" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_attention_heads": 5, "num_key_value_heads": 5, "head_dim": None}, "cannot build"),
        ({"intermediate_size": 1 << 38}, "the weights have"),  # it would take 200 TB
        ({"hidden_dropout": {}, "rope_parameters": {"rope_type": "yarn"}}, "cannot build"),
    ],
)
def test_a_config_that_describes_no_network_is_refused(folder, changes, said, one_thread):
    with_config(folder, **changes)
    assert any(said in text for text in refusal(lambda: open_model(str(folder), offline=True)))


def test_weights_that_overflow_are_refused(folder, one_thread):
    # each value is far below what is refused by itself
    with_tensors(folder, lambda tensors: tensors[UP].mul_(1e18))
    with_tensors(folder, lambda tensors: tensors[UP.replace("up", "gate")].mul_(1e18))
    with_tensors(folder, lambda tensors: tensors[UP.replace("up", "down")].mul_(1e18))
    (text,) = refusal(lambda: open_model(str(folder), offline=True))
    assert "infinite" in text


@pytest.mark.parametrize("text", ["{", '{"model": {"type": "BPE", "vocab": 3}}', "[]"])
def test_a_tokenizer_that_cannot_be_read(folder, text):
    (folder / "tokenizer.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        open_tokenizer(folder)
    assert caught.value.problems[0].code == "M093"


def test_a_special_token_that_the_model_has_no_row_for(folder, one_thread):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "pad_token": "<other>"}))
    with pytest.raises(ModelError) as caught:
        open_model(str(folder), offline=True)
    assert "<other>" in caught.value.problems[0].text and caught.value.problems[0].code == "M093"


def test_without_a_tokenizer_config_the_end_token_is_that_of_the_config(folder, one_thread):
    # <|endoftext|>, the first token, pads; <|im_end|> ends a turn
    before = open_model(str(folder), offline=True)
    (folder / "tokenizer_config.json").unlink()
    with_config(folder, eos_token_id=[before.chat.tokenizer.eos_token_id])
    after = open_model(str(folder), offline=True)
    assert after.chat.tokenizer.eos_token == "<|im_end|>"
    asked = [(Message("user", "my card"),), (Message("user", "the taxi is red"),)]
    options = ["red", "the card"]
    np.testing.assert_array_equal(
        after.score(asked, options, left=0.0), before.score(asked, options, left=0.0)
    )


def test_an_encoder_may_lack_a_pooler_and_bring_a_head_but_no_less(tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    with_tensors(
        folder,
        lambda tensors: (
            [tensors.pop(name) for name in list(tensors) if "pooler" in name],
            tensors.update({"cls.predictions.bias": torch.ones(3)}),
        ),
    )
    texts = ["chip wallet", "money"]
    whole = embedder(str(tiny_encoder), offline=True)(texts)
    np.testing.assert_array_equal(embedder(str(folder), offline=True)(texts), whole)
    open_network(AutoModelForTokenClassification, folder, heads=True, num_labels=5)
    name = next(name for name in load_file(folder / TENSORS) if "attention.self.query" in name)
    with_tensors(folder, lambda tensors: tensors.pop(name))
    for auto in (AutoModel, AutoModelForTokenClassification):
        (text,) = refusal(lambda auto=auto: open_network(auto, folder, heads=True))
        assert name.split("layer.")[1] in text


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(hybrids.HYBRIDS))
def test_hybrids_open_through_the_gate_and_score_as_transformers_does(
    kind, tiny_model, tmp_path, one_thread
):
    from helpers.architectures import plain

    folder = hybrids.build(tmp_path / "model", kind)
    for path in tiny_model.iterdir():
        if path.name not in ("config.json", TENSORS):
            shutil.copy(path, folder)
    (folder / "README.md").write_text("so that the config is cleaned")
    with_config(folder, _commit_hash="abc")
    model = open_model(str(folder), offline=True)
    prompts = [(Message("user", "my card"),), (Message("user", "the taxi is red and my card"),)]
    answers = ["red", "the card"]
    found = model.score(prompts, answers, left=0.0)
    theirs = plain(folder)
    for row, prompt in enumerate(prompts):
        ids = model.chat.prompt(prompt)[0]
        for column, answer in enumerate(answers):
            told = model.chat.answer(answer)
            logs = theirs(torch.tensor([ids + told]), use_cache=False).logits[0].log_softmax(-1)
            wanted = sum(float(logs[len(ids) - 1 + at, token]) for at, token in enumerate(told))
            assert found[row, column] == pytest.approx(wanted, abs=2e-4)
