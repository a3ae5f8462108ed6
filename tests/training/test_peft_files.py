"""Names of adapters and bases in PEFT's files."""

from types import SimpleNamespace

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.training.peft_files import base_of, in_file
from helpers.adapters import logits, saved, taught, their_warnings


@pytest.fixture
def given(lesson, one_thread):
    return lesson("classify")


def test_the_base_is_found_by_the_folder_alone(open_tiny, given, tmp_path):
    from peft import AutoPeftModelForCausalLM

    model = open_tiny()
    change = Lora(rank=4).change(model, given)
    ours = logits(taught(model, change, given), model, given)
    with their_warnings():
        theirs = AutoPeftModelForCausalLM.from_pretrained(
            saved(change, tmp_path / "arm"), dtype=torch.float32
        )
    torch.testing.assert_close(logits(theirs.eval(), model, given), ours, atol=1e-5, rtol=0)


def test_a_base_from_the_hub_is_named_with_its_commit():
    def model(name, folder):
        return SimpleNamespace(name=name, network=SimpleNamespace(name_or_path=folder))

    hub = model("org/small@main", "/cache/models--org--small/snapshots/0123abcd")
    assert base_of(hub) == ("org/small", "0123abcd")  # type: ignore[arg-type]
    local = model("tiny", "/models/tiny")
    assert base_of(local) == ("/models/tiny", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (
            "model.layers.0.mlp.up_proj.lora_A.default.weight",
            "model.layers.0.mlp.up_proj.lora_A.weight",
        ),
        ("model.default.up.lora_E.default", "model.default.up.lora_E"),
        ("model.up.lora_magnitude_vector.default.weight", "model.up.lora_magnitude_vector"),
    ],
)
def test_names_in_files_are_those_of_peft(name, file):
    assert in_file(name) == f"base_model.model.{file}"
