"""Whether the parts of a model folder belong together: type, shapes, tokenizer, chat template.

How   From the JSON files and the headers of the weights only. The model types are read from the
      source text of the installed transformers, because importing its lists would import torch.
"""

import re
from pathlib import Path
from typing import Any

from assay.core.errors import Problem, did_you_mean
from assay.models.loading import config_values
from assay.models.loading.catalogue import Kind
from assay.models.loading.config_values import table_keys
from assay.models.loading.safetensors_header import Tensor
from assay.models.loading.template_check import objections
from assay.models.loading.template_rendering import exhausts
from assay.models.loading.weight_values import EMBEDDING, OUTPUT, whole_number_problems

AUTO = "models/auto"  # where transformers keeps its tables of names
_LAYER = re.compile(r"(?:^|\.)(?:layers|layer|h|blocks)\.(\d+)\.")
_WIDTHS = ("hidden_size", "n_embd", "d_model", "word_embed_proj_dim", "embedding_size")


def fit_problems(
    folder: Path, rows: dict[str, Any], tensors: dict[str, Tensor], kind: Kind
) -> list[Problem]:
    """All problems M091 to M096 of a folder whose JSON files are in `rows`."""
    config = rows["config.json"]
    place = str(folder / "config.json")
    found = _type_problems(config, place, kind)
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    assert isinstance(text, dict)
    if config.get("quantization_config"):
        way = "use the model's unquantised weights, or a .gguf file"
        found.append(
            Problem(
                "M092", "the weights are stored quantised, which is not read here", place, help=way
            )
        )
    elif tensors:
        found += [Problem("M092", what, place) for what in _shape_problems(text, tensors)]
        found += whole_number_problems(tensors, str(folder))
    found += [Problem("M092", what, place) for what in config_values.faults(text)]
    # What a chat model needs beyond its weights is of no interest when it is not one.
    chat = kind == "causal" and not any(problem.code == "M096" for problem in found)
    found += _tokenizer_problems(folder, rows, text, tensors, chat)
    if chat:
        found += _template_problems(folder, rows)
    return found


# --- type -----------------------------------------------------------------------------------------


def model_types() -> frozenset[str]:
    """Every model type that the installed transformers has code for."""
    # Older releases keep the whole table in the second file.
    return table_keys(f"{AUTO}/auto_mappings", "CONFIG_MAPPING_NAMES") | table_keys(
        f"{AUTO}/configuration_auto", "CONFIG_MAPPING_NAMES"
    )


def _type_problems(config: dict[str, Any], place: str, kind: Kind) -> list[Problem]:
    name = config.get("model_type")
    if not isinstance(name, str) or name not in model_types():
        text = f"the model type {str(name)[:60]!r} is not one that the installed transformers knows"
        return [
            Problem(
                "M091",
                text + did_you_mean(str(name)[:60], model_types()),
                place,
                help="update transformers",
            )
        ]
    if kind == "embedder":
        return []
    generators = table_keys(f"{AUTO}/modeling_auto", "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES")
    encoders = table_keys(f"{AUTO}/modeling_auto", "MODEL_FOR_MASKED_LM_MAPPING_NAMES")
    if name in generators and (name not in encoders or config.get("is_decoder") is True):
        return []
    text = f"{name} is not a model that writes text from left to right, so it cannot answer"
    return [
        Problem(
            "M096",
            text,
            place,
            help="choose a causal language model; an encoder can be the embedder",
        )
    ]


# --- shapes ---------------------------------------------------------------------------------------


def _shape_problems(config: dict[str, Any], tensors: dict[str, Tensor]) -> list[str]:
    found = []
    vocabulary = config.get("vocab_size")
    widths = [config[name] for name in _WIDTHS if isinstance(config.get(name), int)]
    for pattern in (EMBEDDING, OUTPUT):
        for name, tensor in tensors.items():
            if not pattern.search(name) or len(tensor.shape) != 2:
                continue
            shape = "×".join(map(str, tensor.shape))
            if isinstance(vocabulary, int) and tensor.shape[0] != vocabulary:
                found.append(f"{name} is {shape}, config says vocab_size {vocabulary}")
            if widths and tensor.shape[1] not in widths:
                found.append(f"{name} is {shape}, config says width {widths[0]}")
    if config.get("tie_word_embeddings") is False and not any(map(OUTPUT.search, tensors)):
        found.append(
            "lm_head is missing from the weights, and config says that it is not tied to the"
            " embedding"
        )
    layers = [int(match[1]) + 1 for name in tensors if (match := _LAYER.search(name))]
    stated = config.get("num_hidden_layers", config.get("n_layer"))
    if layers and isinstance(stated, int) and max(layers) < stated:
        found.append(f"the weights have {max(layers)} layers, config says {stated}")
    return found


# --- tokenizer ------------------------------------------------------------------------------------


def _tokenizer_problems(
    folder: Path,
    rows: dict[str, Any],
    config: dict[str, Any],
    tensors: dict[str, Tensor],
    chat: bool,
) -> list[Problem]:
    place = str(folder)
    there = {path.name for path in folder.iterdir()}
    pairs = ({"tokenizer.json"}, {"vocab.json", "merges.txt"}, {"vocab.txt"})
    if not any(pair <= there for pair in pairs):
        way = (
            "AutoTokenizer.from_pretrained(original).save_pretrained(folder) writes tokenizer.json"
        )
        return [
            Problem("M093", "the tokenizer is missing: there is no tokenizer.json", place, help=way)
        ]
    found = []
    tokens = _tokens(rows.get("tokenizer.json"))
    rooms = [
        tensor.shape[0]
        for name, tensor in tensors.items()
        if EMBEDDING.search(name) and tensor.shape
    ]
    if tokens and rooms and max(tokens.values()) >= rooms[0]:
        text = f"the tokenizer has token {max(tokens.values())}, the embedding has {rooms[0]} rows"
        found.append(Problem("M093", text, place, help="the tokenizer belongs to another model"))
    if chat and (text := _end_problem(rows, config, tokens)):
        found.append(Problem("M093", text, place, help="set eos_token in tokenizer_config.json"))
    return found


def _tokens(tokenizer: Any) -> dict[str, int]:
    """Text to id, as tokenizer.json lists them; empty when it does not."""
    if not isinstance(tokenizer, dict):
        return {}
    model = tokenizer.get("model")
    listed = model.get("vocab") if isinstance(model, dict) else None
    found: dict[str, int] = {}
    if isinstance(listed, dict):
        found |= {text: number for text, number in listed.items() if isinstance(number, int)}
    elif isinstance(listed, list):
        found |= {
            str(row[0]): number
            for number, row in enumerate(listed)
            if isinstance(row, list) and row
        }
    for row in tokenizer.get("added_tokens") or []:
        if isinstance(row, dict) and isinstance(row.get("id"), int):
            found[str(row.get("content"))] = row["id"]
    return found


def _end_problem(rows: dict[str, Any], config: dict[str, Any], tokens: dict[str, int]) -> str:
    eos = (rows.get("tokenizer_config.json") or {}).get("eos_token")
    eos = eos.get("content") if isinstance(eos, dict) else eos
    if isinstance(eos, str):
        return (
            f"the end token {eos[:40]!r} is not in the tokenizer"
            if tokens and eos not in tokens
            else ""
        )
    ids = config.get("eos_token_id")
    ids = ids if isinstance(ids, list) else [ids]
    size = config.get("vocab_size")
    if all(
        isinstance(i, int) and 0 <= i < (size if isinstance(size, int) else 1 << 31) for i in ids
    ):
        return ""
    return "there is no end token, so an answer would never end"


# --- chat template --------------------------------------------------------------------------------


def chat_templates(folder: Path, rows: dict[str, Any]) -> list[tuple[str, str]]:
    """(file, template) of every chat template in the folder."""
    found = []
    if (folder / "chat_template.jinja").is_file():
        # One byte more than is allowed is enough to see that it is too long.
        with (folder / "chat_template.jinja").open("rb") as file:
            found.append(("chat_template.jinja", file.read(1 << 20).decode("utf-8", "replace")))
    for name in ("tokenizer_config.json", "chat_template.json"):
        value = (rows.get(name) or {}).get("chat_template")
        if isinstance(value, list):
            found += [
                (name, str(row.get("template", ""))) for row in value if isinstance(row, dict)
            ]
        elif isinstance(value, str):
            found.append((name, value))
    return found


def _template_problems(folder: Path, rows: dict[str, Any]) -> list[Problem]:
    return [
        Problem("M094", f"the chat template is refused: {text}", str(folder / name))
        for name, template in chat_templates(folder, rows)
        for text in objections(template)
    ]


def exhausting_templates(folder: Path, rows: dict[str, Any]) -> list[Problem]:
    """M180 of each template that takes too much when it is rendered. For a folder that has no other
    problem: this renders them, in a process that is ended at its limits."""
    way = "choose another model, or put a chat_template.jinja of your own into the folder"
    return [
        Problem("M180", f"the chat template is refused: {why}", str(folder / name), help=way)
        for name, template in chat_templates(folder, rows)
        if (why := exhausts(template))
    ]
