"""Judge a model folder before transformers sees it, and pass on only what is on the list.

What it promises  No code that comes with a model runs: no Python file, no pickle, no key that names
                  code, a kernel or an address. All problems are told at once. torch is not
                  imported.
How               An allowed folder is returned as it is. A folder with harmless extras is mirrored
                  in the cache: links to the weights, cleaned copies of the rest. So is a language
                  model without a chat template, whose mirror has one that asks in plain text.
"""

import os
import re
import stat
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import ModelError, Problem
from assay.models.loading.catalogue import Kind
from assay.models.loading.consistency import chat_templates, exhausting_templates, fit_problems
from assay.models.loading.model_cache import cache_folder
from assay.models.loading.safetensors_header import (
    NotWeights,
    Tensor,
    strict_json,
    tensors_of,
)
from assay.models.loading.weight_values import value_problems
from assay.models.tokenizer.plain_template import PLAIN

VERSION = 1
TEMPLATE = "chat_template.jinja"
# A tokenizer is some of these.
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.model",
    TEMPLATE,
    "chat_template.json",
)
SMALL_FILES = (
    "config.json",
    "generation_config.json",
    *TOKENIZER,
    "model.safetensors.index.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
)
_POOLING = re.compile(r"[0-9]_Pooling/config\.json")
_SHARD = re.compile(r"[\w.-]+\.safetensors")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy", ".dill")
_CODE_KEYS = ("auto_map", "trust_remote_code", "custom_generate", "custom_pipelines", "use_kernels")
# Keys that name a file or a place: transformers sets them itself from the folder.
_PLACE_KEYS = re.compile(
    r"(.*_file|name_or_path|cache_dir|token|use_auth_token|subfolder|revision|local_files_only)"
)
_LIMITS = {"config.json": 1 << 20, "tokenizer.json": 100 << 20}
_JSON_LIMIT = 20 << 20  # bytes, for the other JSON files


def admit(folder: Path, *, kind: Kind = "causal", scan: bool = False) -> Path:
    """The folder itself, or a private mirror of its allowed files.

    Args:
        kind: what the model is wanted for.
        scan: also read all weights for values that no model has (about 1 s for 1 GB).

    Raises:
        ModelError: every problem found, M086 to M096; M180 where there is no other.
    """
    problems: list[Problem] = []
    names = _names(folder, problems)
    if "config.json" not in names:
        raise ModelError(*problems, _no_config(folder))
    rows = {name: _json(folder / name, problems) for name in names if name.endswith(".json")}
    cleaned = {name: row for name, row in rows.items() if name != "tokenizer.json"}
    for name, row in cleaned.items():
        cleaned[name] = _clean(row, folder / name, problems)
    weights, tensors = _weights(folder, rows.get("model.safetensors.index.json"), problems)
    if isinstance(rows["config.json"], dict):
        problems += fit_problems(folder, rows, tensors, kind)
    if kind == "causal" and not problems:
        problems += exhausting_templates(folder, rows)
    if scan and not problems:
        problems += value_problems(folder, weights)
    if problems:
        raise ModelError(*problems)
    passed = [name for name in names if not name.endswith(".safetensors")] + weights
    changed = {name: row for name, row in cleaned.items() if row != rows[name]}
    added = {} if kind != "causal" or chat_templates(folder, rows) else {TEMPLATE: PLAIN}
    if not changed and not added and _only(folder, passed):
        return folder
    return _mirror(folder, passed, changed, added)


def _names(folder: Path, problems: list[Problem]) -> list[str]:
    """The allowed files that are there. Links must end inside the folder, or in the hub cache that
    it belongs to."""
    if not folder.is_dir():
        raise ModelError(Problem("M086", "there is no such folder", str(folder)))
    roots = [Path(os.path.realpath(folder))]
    if folder.parent.name == "snapshots":
        roots.append(Path(os.path.realpath(folder.parent.parent / "blobs")))
    found = []
    for path in sorted([*folder.iterdir(), *folder.glob("[0-9]_Pooling/config.json")]):
        name = str(path.relative_to(folder))
        if name.endswith(".py"):
            problems.append(_needs_code(str(path), "the folder holds Python code"))
        if name not in SMALL_FILES and not _POOLING.fullmatch(name) and not _SHARD.fullmatch(name):
            continue
        target = Path(os.path.realpath(path))  # of links in a circle one of them
        if not target.exists():
            problems.append(
                Problem("M086", "is a link to nothing", str(path), help="copy the file itself")
            )
        elif not any(target.is_relative_to(root) for root in roots):
            problems.append(
                Problem(
                    "M086", f"leads out of the folder, to {target}", str(path), help="copy the file"
                )
            )
        elif not stat.S_ISREG(target.stat().st_mode):
            problems.append(Problem("M086", "is not a regular file", str(path)))
        else:
            found.append(name)
    return found


def _no_config(folder: Path) -> Problem:
    there = sorted(path.name for path in folder.iterdir())
    listed = ", ".join(there[:8]) + (f" and {len(there) - 8} more" if len(there) > 8 else "")
    if "adapter_config.json" in there:
        text, way = "is an adapter, not a model", "name the base model here"
    else:
        text, way = f"not a model folder: it has no config.json; it has: {listed or 'nothing'}", ""
    return Problem(
        "M086",
        text,
        str(folder),
        help=way or "a model folder has config.json, *.safetensors, tokenizer.json",
    )


def _json(path: Path, problems: list[Problem]) -> Any:
    limit = _LIMITS.get(path.name, _JSON_LIMIT)
    if path.stat().st_size > limit:
        problems.append(Problem("M086", f"is larger than {limit >> 20} MB", str(path)))
        return None
    try:
        row = strict_json(path.read_bytes())
    except ValueError as error:
        problems.append(Problem("M086", f"is not plain JSON ({error})", str(path)))
        return None
    if not isinstance(row, list if path.name == "modules.json" else dict):
        problems.append(Problem("M086", "does not hold what a file of this name holds", str(path)))
        return None
    return row


# --- keys -----------------------------------------------------------------------------------------


def _clean(row: Any, path: Path, problems: list[Problem]) -> Any:
    """The JSON without keys that have no use; keys that would bring in code are problems."""
    if path.name == "modules.json" and isinstance(row, list):
        for module in row:
            kind = str(module.get("type", "") if isinstance(module, dict) else module)
            if not re.fullmatch(
                r"sentence_transformers\.[a-zA-Z_.]*\.(Transformer|Pooling|Normalize)", kind
            ):
                problems.append(_needs_code(str(path), f"names the module {kind[:80]}"))
        return row
    addresses = path.name in ("config.json", "generation_config.json")
    return _clean_keys(row, path, problems, addresses=addresses, top=True)


def _clean_keys(
    value: Any, path: Path, problems: list[Problem], *, addresses: bool, top: bool = False
) -> Any:
    if isinstance(value, list):
        return [_clean_keys(part, path, problems, addresses=addresses) for part in value]
    if isinstance(value, str) and addresses and "://" in value:
        problems.append(_needs_code(str(path), f"holds the address {value[:60]}"))
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, part in value.items():
        if _brings_code(key, part):
            problems.append(_needs_code(str(path), f"has the key {key}"))
        elif not _is_useless(key) and not (top and _is_note(key)):
            kept[key] = _clean_keys(part, path, problems, addresses=addresses)
    return kept


def _brings_code(key: str, value: Any) -> bool:
    if key in _CODE_KEYS:
        return bool(value)
    # attention, experts: a name with a slash is a repository of kernels on the hub
    if "implementation" in key:
        return key.endswith("_internal") or "/" in str(value) or ":" in str(value)
    return "kernel" in key and isinstance(value, str | dict)


def _is_useless(key: str) -> bool:
    return key in _CODE_KEYS or "implementation" in key or bool(_PLACE_KEYS.fullmatch(key))


def _is_note(key: str) -> bool:
    """Whether it is transformers' note to itself. Only at the top: deeper keys of this form are
    values, such as `{"__float__": "Infinity"}`."""
    return key.startswith("_") and key != "_name_or_path"


def _needs_code(place: str, why: str) -> Problem:
    return Problem(
        "M090",
        "this model needs its own code, which assay never runs: it"
        f" {why.removeprefix('the folder ')}",
        place,
        help="if transformers knows this model type, delete the key or the .py file and try again",
    )


# --- weights --------------------------------------------------------------------------------------


def _weights(
    folder: Path, index: Any, problems: list[Problem]
) -> tuple[list[str], dict[str, Tensor]]:
    """The weight files that belong to the model, and their tensors."""
    names = ["model.safetensors"]
    if index is not None:
        mapped = index.get("weight_map")
        names = sorted(set(map(str, mapped.values()))) if isinstance(mapped, dict) else []
        if not names or not all(_SHARD.fullmatch(name) for name in names):
            problems.append(
                Problem(
                    "M089",
                    "does not name weight files",
                    str(folder / "model.safetensors.index.json"),
                )
            )
            return [], {}
        for name in names:
            if not (folder / name).is_file():
                text = f"the index names {name}, which is not here"
                problems.append(
                    Problem(
                        "M089",
                        text,
                        str(folder),
                        help="download the model again, with all its parts",
                    )
                )
    elif not (folder / names[0]).is_file():
        problems.append(_no_weights(folder))
    tensors: dict[str, Tensor] = {}
    for name in (name for name in names if (folder / name).is_file()):
        try:
            tensors |= tensors_of(folder / name)
        except NotWeights as error:
            help = "download the file again" if "incomplete" in str(error) else ""
            problems.append(Problem("M088", str(error), str(folder / name), help=help))
    return names, tensors


def _no_weights(folder: Path) -> Problem:
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        return Problem(
            "M087",
            f"holds its weights as {pickles[0]}; pickle files can run code and are not read",
            str(folder),
            help="on a machine that trusts the file:"
            " AutoModelForCausalLM.from_pretrained(folder).save_pretrained(new)",
        )
    return Problem(
        "M086",
        "has no model.safetensors",
        str(folder),
        help="only .safetensors and .gguf files are read",
    )


# --- the mirror -----------------------------------------------------------------------------------


def _only(folder: Path, passed: list[str]) -> bool:
    """Whether the folder holds nothing beside the allowed files and this package's own mark."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    return files <= {*passed, "done.json"}


def _mirror(
    folder: Path, passed: list[str], changed: dict[str, Any], added: dict[str, str]
) -> Path:
    stamps = [
        (name, (folder / name).stat().st_size, (folder / name).stat().st_mtime_ns)
        for name in sorted(passed)
    ]
    key = store.digest(
        [VERSION, str(folder.resolve()), *map(list, stamps), *([added] if added else [])]
    )[:16]
    mirror = cache_folder() / "admitted" / f"{folder.name}-{key}"
    for name in passed:
        if name.endswith(".safetensors"):
            target = (folder / name).resolve()
            if not (mirror / name).is_symlink() or (mirror / name).readlink() != target:
                store.link(mirror / name, target)
            continue
        data = (
            store.to_json(changed[name], indent=1).encode()
            if name in changed
            else (folder / name).read_bytes()
        )
        # A file that is right already is left alone: its remembered hash stays valid.
        if not (mirror / name).is_file() or (mirror / name).read_bytes() != data:
            store.write_bytes(mirror / name, data)
    for name, text in added.items():
        if not (mirror / name).is_file() or (mirror / name).read_text(encoding="utf-8") != text:
            store.write_text(mirror / name, text)
    return mirror
