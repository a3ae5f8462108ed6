"""Tiny random models of every decoder that transformers knows, built from its configurations:
nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

WINDOW = 8
WORDS = 512
# What makes a configuration small, whatever it calls it.
SMALL: dict[str, Any] = {
    **dict.fromkeys(
        ["hidden_size", "d_model", "n_embd", "dim_model", "embedding_size", "lru_width"], 32
    ),
    **dict.fromkeys(["word_embed_proj_dim", "mamba_expand_dim"], 32),
    **dict.fromkeys(["intermediate_size", "ffn_dim", "n_inner", "d_ff", "dim_ff", "dff"], 48),
    **dict.fromkeys(["intermediate_size_mlp", "ffn_hidden_size", "shared_intermediate_size"], 48),
    **dict.fromkeys(
        ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers"], 4
    ),
    **dict.fromkeys(
        ["num_attention_heads", "n_head", "n_heads", "decoder_attention_heads", "num_heads"], 4
    ),
    **dict.fromkeys(["num_key_value_heads", "num_kv_heads"], 2),
    **dict.fromkeys(
        ["head_dim", "kv_channels", "dim_head", "rotary_dim", "hidden_size_per_layer_input"], 8
    ),
    **dict.fromkeys(["vocab_size", "vocab_size_per_layer_input"], WORDS),
    **dict.fromkeys(
        ["max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length"], 256
    ),
    **dict.fromkeys(
        ["moe_intermediate_size", "expert_ffn_hidden_size", "shared_expert_intermediate_size"], 16
    ),
    **dict.fromkeys(["num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"], 4),
    **dict.fromkeys(["num_experts_per_tok", "moe_topk", "moe_k"], 2),
    **dict.fromkeys(["n_shared_experts", "n_group", "topk_group", "first_k_dense_replace"], 1),
    **dict.fromkeys(["q_lora_rank", "kv_lora_rank", "qk_head_dim"], 16),
    **dict.fromkeys(["qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"], 8),
    **dict.fromkeys(
        ["sliding_window", "attention_chunk_size", "window_size", "attention_window_size"], WINDOW
    ),
    **dict.fromkeys(
        ["mamba_n_heads", "mamba_d_head", "mamba_d_state", "state_size", "n_groups"], 8
    ),
    **dict.fromkeys(
        ["mamba_num_heads", "mamba_head_dim", "ssm_state_size", "mamba_headdim", "time_step_rank"],
        8,
    ),
    **dict.fromkeys(
        ["linear_key_head_dim", "linear_value_head_dim", "laurel_rank", "index_topk"], 8
    ),
    **dict.fromkeys(
        ["linear_num_key_heads", "n_mamba_heads", "altup_num_inputs", "index_n_heads"], 2
    ),
    "mamba_d_ssm": 64,
    "mamba_n_groups": 1,
    "mamba_expand": 2,
    "linear_num_value_heads": 4,
    "index_head_dim": 16,
    "num_kv_shared_layers": 0,
    "adapter_rank": 4,
    "image_token_id": 120,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    # Nothing is drawn.
    **dict.fromkeys(
        ["attention_probs_dropout_prob", "hidden_dropout_prob", "attn_pdrop", "embd_pdrop"], 0.0
    ),
    **dict.fromkeys(
        ["resid_pdrop", "attention_dropout", "hidden_dropout", "dropout", "activation_dropout"], 0.0
    ),
    **dict.fromkeys(["layerdrop", "router_jitter_noise", "input_jitter_noise"], 0.0),
}
OWN: dict[str, dict[str, Any]] = {
    "bamba": {"layer_types": None, "attn_layer_indices": [1, 3], "mamba_chunk_size": 16},
    "bart": {"decoder_ffn_dim": 48, "encoder_ffn_dim": 48},
    "deepseek_v4": {
        "head_dim": 16,
        "o_lora_rank": 16,
        "compress_rates": {"compressed_sparse_attention": 4, "heavily_compressed_attention": 8},
    },
    "falcon_h1": {"layer_types": None, "mamba_chunk_size": 16},
    "gemma4_text": {
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "per_layer_config": {"1": {"head_dim": 16}, "3": {"head_dim": 16}},
    },
    "inkling_text": {"swa_num_attention_heads": 4, "swa_head_dim": 8, "rel_extent": 16},
    "kimi_linear": {"linear_head_dim": 8},
    "longcat_flash": {"zero_expert_num": 4},
    "mamba2": {"num_heads": 8, "head_dim": 8, "n_groups": 1, "chunk_size": 16},
    "nemotron_h": {"moe_shared_expert_intermediate_size": 16},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2},
    "prophetnet": {"num_hidden_layers": None, "num_encoder_layers": 2, "num_decoder_layers": 2},
    "qwen2": {"use_sliding_window": True, "max_window_layers": 2},
    "recurrent_gemma": {"layer_types": None},
    "zamba2": {
        "layer_types": None,
        "layers_block_type": ["linear_attention", "hybrid"] * 2,
        "num_key_value_heads": 4,
        "mamba_headdim": 32,
        "mamba_ngroups": 1,
        "chunk_size": 16,
    },
    "zaya": {"num_experts_per_tok": 1},
}
BIASES = (
    "attention_bias",
    "mlp_bias",
    "qkv_bias",
    "use_bias",
    "use_qkv_bias",
    "attention_qkv_bias",
    "bias",
)
# Decoders of text, by the names that transformers has for them. Those that everybody uses come
# first.
POPULAR = (
    *(
        "llama",
        "qwen2",
        "qwen3",
        "mistral",
        "gemma2",
        "gemma3_text",
        "phi3",
        "gpt2",
        "olmo",
        "olmo2",
        "smollm3",
    ),
    *("granite", "qwen3_moe", "mixtral", "gemma"),
)
OTHERS = (
    *(
        "afmoe",
        "apertus",
        "arcee",
        "axk1",
        "bailing_hybrid",
        "beam",
        "biogpt",
        "bitnet",
        "bloom",
        "codegen",
        "cohere",
    ),
    *(
        "cohere2",
        "cohere2_moe",
        "ctrl",
        "cwm",
        "deepseek_v2",
        "deepseek_v3",
        "deepseek_v32",
        "deepseek_v4",
    ),
    *(
        "diffllama",
        "doge",
        "dory",
        "dots1",
        "ernie4_5",
        "ernie4_5_moe",
        "exaone",
        "exaone4",
        "exaone_moe",
        "falcon",
    ),
    *(
        "falcon_mamba",
        "flex_olmo",
        "flint",
        "gemma3n_text",
        "glm",
        "glm4",
        "glm4_moe",
        "glm4_moe_lite",
        "glm_moe_dsa",
    ),
    *(
        "gpt-sw3",
        "gpt_bigcode",
        "gpt_neo",
        "gpt_neox",
        "gpt_neox_japanese",
        "gpt_oss",
        "gptj",
        "granite_swa",
    ),
    *(
        "granitemoe",
        "granitemoe_swa",
        "granitemoehybrid",
        "granitemoeshared",
        "helium",
        "hunyuan_v1_dense",
    ),
    *(
        "hunyuan_v1_moe",
        "hy_v3",
        "hy_v4",
        "hyperclovax",
        "inkling_text",
        "internlm3",
        "iquestcoder",
        "jais2",
        "jamba",
    ),
    *(
        "jetmoe",
        "kimi_linear",
        "laguna",
        "lfm2",
        "lfm2_moe",
        "llama4_text",
        "longcat_flash",
        "mamba",
        "mellum",
    ),
    *(
        "mimo_v2_flash",
        "minicpm3",
        "minimax",
        "minimax_m2",
        "ministral",
        "ministral3",
        "modernbert-decoder",
        "mpt",
    ),
    *(
        "nanochat",
        "nemotron",
        "nemotron_h",
        "olmo3",
        "olmo_hybrid",
        "olmoe",
        "openai-gpt",
        "opt",
        "persimmon",
        "phi",
    ),
    *(
        "phimoe",
        "qwen2_moe",
        "qwen3_5_text",
        "qwen3_next",
        "rwkv",
        "sarvam_mla",
        "seed_oss",
        "solar_open",
        "stablelm",
    ),
    *("starcoder2", "vaultgemma", "xglm", "youtu", "zamba", "zaya", "bert", "roberta", "bart"),
    *("bamba", "falcon_h1", "gemma4_text", "mamba2", "recurrent_gemma", "zamba2", "sarvam_moe"),
    *("aria_text", "qwen3_5_moe_text", "axk2", "lfm3", "cpmant", "apertus1p5_text"),
)
BEYOND = 20  # tokens of a row within the limit of its positions
ROPES: dict[str, dict[str, Any]] = {
    "longrope": {
        "short_factor": [1.0, 1.1, 1.2, 1.3],
        "long_factor": [2.0, 4.0, 8.0, 16.0],
        "original_max_position_embeddings": BEYOND,
        "short_mscale": 1.1,
        "long_mscale": 1.3,
    },
    "dynamic": {"factor": 4.0},
    "yarn": {"factor": 4.0, "original_max_position_embeddings": 64},
    "linear": {"factor": 4.0},
    "llama3": {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
}
SCALED = [
    *((kind, rope) for rope in ROPES for kind in ("llama", "qwen2", "mistral", "olmo2", "olmoe")),
    *(("phi3", "longrope"), ("phimoe", "longrope"), ("phi", "dynamic")),
]


def scaled(kind: str, rope: str) -> dict[str, Any]:
    """The settings of a kind whose positions are scaled."""
    own = {"rope_parameters": {"rope_type": rope, "rope_theta": 10_000.0, **ROPES[rope]}}
    if rope == "dynamic":
        own["max_position_embeddings"] = BEYOND
    if kind == "phi3":
        own["original_max_position_embeddings"] = BEYOND
    return own


def config(kind: str, **more: Any) -> Any:
    """A small configuration, with windows where the model has some."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    made = CONFIG_MAPPING[kind]
    default = made()
    if getattr(default, "per_layer_config", None):
        default.allow_global_per_layer_attribute_access = True
    given = {name: value for name, value in SMALL.items() if hasattr(default, name)}
    if kinds := getattr(default, "layer_types", None):
        given["layer_types"] = (list(dict.fromkeys(kinds)) * 4)[:4]
    if "qk_rope_head_dim" in given:  # latent attention: as many keys as queries
        given |= {"num_key_value_heads": 4, "head_dim": None}
    given |= OWN.get(kind, {}) | more
    fixed = [
        name
        for name in given
        if isinstance(one := getattr(made, name, None), property) and one.fset is None
    ]
    return made(
        **{name: value for name, value in given.items() if value is not None and name not in fixed}
    )


def variants(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings that a kind is tried with: as it is, and with biases where it has them off."""
    yield "", {}
    default = config(kind)
    if off := {name: True for name in BIASES if getattr(default, name, None) is False}:
        yield "with biases", off


def build(folder: Path, kind: str, **more: Any) -> Path:
    """The model in `folder`, with weights that tell tokens and places apart."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(
        config(kind, **more), attn_implementation="eager", dtype=torch.float32
    )
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(std=0.2) if weight.ndim > 1 else weight.add_(
                0.1 * torch.randn_like(weight)
            )
    network.save_pretrained(folder)
    return folder


def plain(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    """The same network as transformers has it, in plain attention."""
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager", dtype=dtype)
    return network.eval().requires_grad_(False)


class Wide(TorchFunctionMode):
    """Float64 all the way: models turn to fp32 in their norms, softmaxes, routers and rotations."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        wide = lambda value: torch.float64 if value is torch.float32 else value  # noqa: E731
        function = torch.Tensor.double if function is torch.Tensor.float else function
        return function(
            *map(wide, args), **{name: wide(value) for name, value in (kwargs or {}).items()}
        )
