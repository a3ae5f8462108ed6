"""An adapter on the base it was trained on, and on others."""

import copy
import json

import pytest
import torch

from assay.core.errors import ModelError
from assay.core.store import write_json
from assay.models.loading.find import digest_of
from assay.strategies.training.lora import Lora
from assay.training.adapters.compatibility import (
    refuse_foreign,
    shapes_in,
    sides,
    split_tensor_name,
)
from helpers.adapters import saved
from helpers.problems import problem


@pytest.fixture
def folder(lesson, open_tiny, tmp_path):
    """A LoRA adapter of two layers of the tiny model, as it begins."""
    change = Lora(rank=3, targets=("q_proj", "down_proj")).change(open_tiny(), lesson("classify"))
    return saved(change, tmp_path / "arm")


def test_shapes_and_places_are_read_from_the_header(folder):
    found = shapes_in(folder)
    assert len(found) == 2 * 2 * 2  # two layers, two matrices, A and B
    name = "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight"
    assert found[name] == (3, 128)
    assert split_tensor_name(name) == ("model.layers.0.mlp.down_proj", "lora_A")
    assert shapes_in(folder.parent) == {}


def test_the_sides_of_a_layer_are_its_inputs_and_outputs_however_it_lies():
    from transformers.pytorch_utils import Conv1D

    assert sides(torch.nn.Linear(3, 5)) == sides(Conv1D(5, 3)) == (3, 5)
    with pytest.raises(AttributeError):
        sides(torch.nn.LayerNorm(3))


def test_its_own_base_is_taken_by_shape_and_by_digest(folder, open_tiny, tiny_model):
    model = open_tiny("tiny")
    refuse_foreign(model, folder)
    write_json(folder / "arm.json", {"models": {"tiny": digest_of(tiny_model)}})
    refuse_foreign(model, folder)


def test_a_base_that_has_changed_or_has_another_name_is_refused(folder, open_tiny):
    model = open_tiny("tiny")
    write_json(folder / "arm.json", {"models": {"tiny": "0" * 64}})
    with problem(ModelError, "M112", None, "tiny"):
        refuse_foreign(model, folder)
    write_json(folder / "arm.json", {"models": {"giant": "0" * 64}})
    with problem(ModelError, "M111", None, "giant", "tiny"):
        refuse_foreign(model, folder)


@pytest.mark.parametrize(
    "part", ["model.layers.1.self_attn.q_proj", "model.layers.0.mlp.down_proj"]
)
def test_a_layer_of_another_width_or_none_is_refused(folder, open_tiny, part):
    model = open_tiny("tiny")
    holder = model.network.get_submodule(part.rpartition(".")[0])
    name = part.rpartition(".")[2]
    setattr(holder, name, torch.nn.Linear(8, 8))
    with problem(ModelError, "M111", None, part, "8 inputs"):
        refuse_foreign(model, folder)
    delattr(holder, name)
    with problem(ModelError, "M111", None, part):
        refuse_foreign(model, folder)


def test_an_adapter_from_the_hub_is_held_to_its_bases_name(folder, open_tiny):
    model = open_tiny("org/this")
    model.network.name_or_path = f"/cache/models--org--this/snapshots/{'0' * 40}"
    config = json.loads((folder / "adapter_config.json").read_text())
    for name, code in (("org/this", ""), ("a folder of theirs", ""), ("org/other", "M111")):
        config["base_model_name_or_path"] = name
        (folder / "adapter_config.json").write_text(json.dumps(config))
        if code:
            with problem(ModelError, code, None, "org/other", "org/this"):
                refuse_foreign(model, folder)
        else:
            refuse_foreign(model, folder)


def test_a_tokenizer_with_other_special_tokens_is_refused(folder, open_tiny):
    model = open_tiny("tiny")
    model.chat.tokenizer.save_pretrained(folder)
    refuse_foreign(model, folder)
    other = copy.deepcopy(model.chat.tokenizer)
    other.add_special_tokens({"additional_special_tokens": ["<|tool|>"]})
    other.save_pretrained(folder)
    with problem(ModelError, "M113") as caught:
        refuse_foreign(model, folder)
    assert "<|tool|>" in caught.value.problems[0].text
