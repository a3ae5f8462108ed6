"""The child process behind `gguf.dequantise`: one checked GGUF file in, one plain model folder
out."""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GgufConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
from transformers.utils import logging

from assay.core import store
from assay.models.quantisation.gguf import check

_PROBES = (
    "The capital of France is Paris.",
    " two  spaces\nand 2024 digits",
    "é ü 漢字 🙂",
    "<|im_end|></s>",
)


def main(folder: Path) -> None:
    """Convert `folder/source.gguf` in place. Exits with 3: the architecture is unknown; 1: the last
    line says why."""
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    convert(folder)


def convert(folder: Path) -> None:
    """Write config, bf16 weights, tokenizer and chat template of `folder/source.gguf`, then load
    them and compare.

    Raises:
        RuntimeError: what was written does not load as what was read.
    """
    architecture = check(folder / "source.gguf").architecture
    if architecture not in GGUF_CONFIG_MAPPING:
        print(
            "the GGUF architecture"
            f" {architecture!r} is not one that the installed transformers reads",
            file=sys.stderr,
        )
        raise SystemExit(3)
    tokenizer: Any = AutoTokenizer.from_pretrained(
        folder, gguf_file="source.gguf", local_files_only=True
    )
    # Straight to bf16: each tensor is dequantised in fp32, then rounded: the same bits with half
    # the memory.
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        gguf_file="source.gguf",
        quantization_config=GgufConfig(gguf_file="source.gguf", dequantize=True),
        dtype=torch.bfloat16,
        local_files_only=True,
    )
    _write_model(folder, model)
    _write_tokenizer(folder, tokenizer, model.config.max_position_embeddings)
    (folder / "source.gguf").unlink()
    _compare(folder, model, tokenizer)


def _write_model(folder: Path, model: PreTrainedModel) -> None:
    # transformers' own text: it writes infinity as {"__float__": "Infinity"}
    config = json.loads(model.config.to_json_string())
    for name in [key for key in config if key.startswith("_")] + [
        "quantization_config",
        "transformers_version",
    ]:
        config.pop(name, None)
    config |= {
        "architectures": [type(model).__name__],
        "model_type": model.config.model_type,
        "dtype": "bfloat16",
    }
    config["tie_word_embeddings"] = bool(model.config.tie_word_embeddings)
    tensors: dict[str, torch.Tensor] = {}
    places: set[tuple[int, int]] = set()
    for name, tensor in model.state_dict().items():
        place = (tensor.data_ptr(), tensor.numel())
        if place not in places:  # a tied matrix is stored once
            places.add(place)
            tensors[name] = tensor
    store.write_json(folder / "config.json", config)
    store.write_tensors(folder / "model.safetensors", tensors, {"format": "pt"})


def _write_tokenizer(folder: Path, tokenizer: PreTrainedTokenizerFast, context: int) -> None:
    settings: dict[str, Any] = {
        # the name that transformers 4 and 5 both know
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    for name, token in tokenizer.special_tokens_map.items():
        settings[name] = [str(part) for part in token] if isinstance(token, list) else str(token)
    for name in ("add_bos_token", "add_eos_token"):
        if name in tokenizer.init_kwargs:
            settings[name] = bool(tokenizer.init_kwargs[name])
    store.write_text(folder / "tokenizer.json", tokenizer.backend_tokenizer.to_str())
    store.write_json(folder / "tokenizer_config.json", settings)
    if isinstance(tokenizer.chat_template, str):
        store.write_text(folder / "chat_template.jinja", tokenizer.chat_template)


def _compare(folder: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    again = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    )
    written, read = model.state_dict(), again.state_dict()
    if written.keys() != read.keys() or not all(
        torch.equal(written[name], read[name]) for name in written
    ):
        raise RuntimeError("the weights that were written do not load as they were")
    second: Any = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    for text in _PROBES:
        if tokenizer(text)["input_ids"] != second(text)["input_ids"]:
            raise RuntimeError("the tokenizer that was written does not load as it was")
    if (
        tokenizer.eos_token_id != second.eos_token_id
        or tokenizer.chat_template != second.chat_template
    ):
        raise RuntimeError(
            "the end token or the chat template that was written does not load as it was"
        )
