"""The adapter alone: which arms have one, and what goes with it."""

import pytest

from assay.deployment.export.formats.adapter import quantisation, refuses, size, with_base
from helpers.exporting import check_refused, unfitted


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        ({"kind": "tfidf"}, "asks no language model"),
        ({"kind": "full"}, "leaves no adapter"),
        ({"kind": "distil", "inner": {"kind": "lora"}}, "leaves no adapter"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_an_arm_without_an_adapter_is_refused(lesson, tiny_model, tmp_path, settings, way):
    source = unfitted(settings, lesson("classify"), tiny_model, tmp_path)
    check_refused(refuses, source, way)


def test_an_arm_with_its_adapter_is_taken(lesson, tiny_model, tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    assert not list(refuses(unfitted({"kind": "lora"}, lesson("classify"), tiny_model, tmp_path)))


@pytest.mark.parametrize(
    ("kind", "wish", "written"),
    [
        ("lora", None, False),
        ("qlora", None, True),  # nobody else has the rounded weights
        ("lora", True, True),
        ("qlora", False, False),
    ],
)
def test_the_base_goes_along_where_it_is_wished_or_nobody_else_has_it(
    lesson, tiny_model, tmp_path, kind, wish, written
):
    source = unfitted({"kind": kind}, lesson("classify"), tiny_model, tmp_path, with_base=wish)
    assert with_base(source) is written
    weights = (tiny_model / "model.safetensors").stat().st_size
    assert (size(source) > 2 * weights + (64 << 20) - 1) is written


def test_how_the_base_is_to_be_quantised_is_what_transformers_takes(lesson, tiny_model, tmp_path):
    from transformers import BitsAndBytesConfig

    settings = {"kind": "qlora", "double": True, "quant": "fp4"}
    told = quantisation(unfitted(settings, lesson("classify"), tiny_model, tmp_path))
    config = BitsAndBytesConfig(**told)
    assert config.load_in_4bit and config.bnb_4bit_use_double_quant
    assert config.bnb_4bit_quant_type == "fp4"
    eight = unfitted({"kind": "lora", "bits": 8}, lesson("classify"), tiny_model, tmp_path)
    assert BitsAndBytesConfig(**quantisation(eight)).load_in_8bit
