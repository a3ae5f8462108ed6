"""Values that no model's config has are named before transformers reads them."""

import pytest
from huggingface_hub.errors import StrictDataclassError

from assay.models.loading.config_values import faults, table_keys
from helpers.architectures import OTHERS, POPULAR, config
from helpers.model_folders import gate_codes, model_folder

GOOD = {
    "vocab_size": 8,
    "hidden_size": 4,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "eos_token_id": [1, 7],
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    "hidden_act": "silu",
    "dtype": "bfloat16",
    "layer_types": ["full_attention"],
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    "change",
    [
        {"eos_token_id": 8},
        {"eos_token_id": [1, 900]},
        {"eos_token_id": "<end>"},
        {"rope_theta": 0},
        {"rope_theta": "10000"},
        {"rope_parameters": {"rope_type": "default", "rope_theta": -1}},
        {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 0}}},
        {"rope_parameters": {"rope_type": "yran", "factor": 2.0}},
        {"rope_scaling": {"type": "linear", "factor": 1e300}},
        {"rope_scaling": [2]},
        {"num_attention_heads": 0},
        {"num_attention_heads": -2},
        {"num_attention_heads": "2"},
        {"num_attention_heads": True},
        {"num_key_value_heads": 0},
        {"hidden_size": 4.5},
        {"intermediate_size": -8},
        {"sliding_window": -5},
        {"max_position_embeddings": 1e300},
        {"rms_norm_eps": -1e-5},
        {"layer_norm_epsilon": "small"},
        {"hidden_act": "siluu"},
        {"hidden_act": 3},
        {"dtype": "float17"},
        {"layer_types": ["full_attentoin"]},
        {"layer_types": ["full_attention"] * 2},
        {"layer_types": "full_attention"},
        {"tie_word_embeddings": "yes"},
    ],
    ids=str,
)
def test_a_value_that_no_model_has_is_named(change):
    assert faults(GOOD) == []
    (text,) = faults(GOOD | change)
    assert text.startswith(next(iter(change)))


def test_the_gate_names_all_of_them(tmp_path):
    folder = model_folder(tmp_path, config={"num_attention_heads": 0, "rope_theta": 0})
    assert gate_codes(folder) == ["M092", "M092"]


@pytest.mark.slow
def test_every_config_of_transformers_passes():
    refused = {}
    for kind in (*POPULAR, *OTHERS):
        try:
            row = config(kind).to_diff_dict()
        except (AttributeError, TypeError, ValueError, StrictDataclassError):
            continue  # this kind has no such small configuration
        if (found := faults(row)) and kind != "dory":  # 4 layers less its default of 28 others
            refused[kind] = found
    assert refused == {}


def test_the_tables_are_those_of_transformers():
    from transformers.activations import ACT2CLS
    from transformers.configuration_utils import ALLOWED_ATTN_LAYER_TYPES
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    assert table_keys("activations", "ACT2CLS") == set(ACT2CLS)
    ropes = table_keys("modeling_rope_utils", "ROPE_INIT_FUNCTIONS")
    assert ropes == set(ROPE_INIT_FUNCTIONS)
    layers = table_keys("configuration_utils", "ALLOWED_ATTN_LAYER_TYPES")
    assert layers == set(ALLOWED_ATTN_LAYER_TYPES)
