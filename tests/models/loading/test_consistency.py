import json

import numpy as np
import pytest

from assay.models.loading.consistency import chat_templates, exhausting_templates, model_types
from helpers.model_folders import gate_codes, model_folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"config": {"model_type": "lama"}}, "M091"),
        ({"config": {"model_type": ...}}, "M091"),
        ({"config": {"model_type": "t5"}}, "M096"),
        ({"config": {"model_type": "bert"}}, "M096"),
        ({"config": {"vocab_size": 9}}, "M092"),
        ({"config": {"hidden_size": 5}}, "M092"),
        ({"config": {"num_hidden_layers": 1_000_000}}, "M092"),
        ({"config": {"tie_word_embeddings": False}}, "M092"),
        ({"config": {"quantization_config": {"quant_method": "gptq"}}}, "M092"),
        ({"config": {"rope_scaling": {"factor": 0}}}, "M092"),
        ({"config": {"rope_scaling": {"factor": 1e300}}}, "M092"),
        ({"weights": {"lm_head.weight": np.ones((7, 4), np.float32)}}, "M092"),
        ({"tokenizer": {"added_tokens": [{"id": 8, "content": "<end>"}]}}, "M093"),
        ({"tokenizer_config": {"eos_token": "<other>"}}, "M093"),
        ({"tokenizer_config": {"eos_token": ...}, "config": {"eos_token_id": -1}}, "M093"),
        ({"tokenizer_config": {"eos_token": ...}, "config": {"eos_token_id": ...}}, "M093"),
        ({"tokenizer_config": {"chat_template": "x" * 65_537}}, "M094"),
    ],
)
def test_parts_that_do_not_belong_together(tmp_path, changes, code):
    assert gate_codes(model_folder(tmp_path, **changes)) == [code]


def test_no_tokenizer(tmp_path):
    folder = model_folder(tmp_path)
    (folder / "tokenizer.json").unlink()
    assert gate_codes(folder) == ["M093"]


def test_the_list_of_types_is_that_of_transformers():
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    assert model_types() == set(CONFIG_MAPPING_NAMES)


def test_every_template_of_a_folder_is_found_with_its_file(tmp_path):
    (tmp_path / "chat_template.jinja").write_text("one")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    rows = {
        "tokenizer_config.json": {
            "chat_template": [{"name": "default", "template": "two"}, {"template": "three"}]
        },
        "chat_template.json": {"chat_template": "four"},
    }
    assert chat_templates(tmp_path, json.loads(json.dumps(rows))) == [
        ("chat_template.jinja", "one"),
        ("tokenizer_config.json", "two"),
        ("tokenizer_config.json", "three"),
        ("chat_template.json", "four"),
    ]
    assert chat_templates(tmp_path / "tokenizer_config.json", {}) == []


@pytest.mark.slow
def test_a_template_that_takes_too_much_is_told_with_its_file(tmp_path):
    loops = "{% for _ in range(1000) %}" * 2 + "x" * 10 + "{% endfor %}" * 2  # ten megabytes
    (told,) = exhausting_templates(tmp_path, {"chat_template.json": {"chat_template": loops}})
    assert told.code == "M180" and told.place.endswith("chat_template.json")
