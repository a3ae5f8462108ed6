"""Tiny model folders, sound or with a fault, and what the gate says of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from assay.core.errors import ModelError
from assay.models.loading.folder_validation import admit

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"


def model_folder(tmp_path: Path, **changes) -> Path:
    """A tiny llama: 8 tokens, width 4, one layer. A change of a file's key to ... removes it."""
    folder = tmp_path / "model"
    folder.mkdir()
    files = {
        "config": {
            "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 8,
            "hidden_size": 4,
            "num_hidden_layers": 1, "tie_word_embeddings": True, "eos_token_id": 1,
        },
        "tokenizer": {
            "model": {"vocab": {f"t{i}": i for i in range(7)}},
            "added_tokens": [{"id": 7, "content": "<end>"}],
        },
        "tokenizer_config": {"eos_token": "<end>", "chat_template": TEMPLATE},
    }  # fmt: skip
    for name, row in files.items():
        row |= changes.get(name, {})
        (folder / f"{name}.json").write_text(
            json.dumps({key: value for key, value in row.items() if value is not ...})
        )
    weights = {
        "model.embed_tokens.weight": np.ones((8, 4), np.float32),
        "model.layers.0.mlp.weight": np.ones((4, 4), np.float16),
    }
    save_file(weights | changes.get("weights", {}), folder / "model.safetensors")
    return folder


def gate_codes(folder: Path, **options) -> list[str]:
    with pytest.raises(ModelError) as caught:
        admit(folder, **options)
    return [problem.code for problem in caught.value.problems]
