"""Whether the values of a model's config can be those of a model, before transformers reads them.

What is refused  sizes and counts that are no positive whole numbers, a rotary base or an epsilon
                 out of range, names that the installed transformers does not know, an end token
                 outside the vocabulary
How              transformers' names are read from its source text: importing it would import torch
Watch out        what is wrong in another way is refused when the model is opened (`opening.py`)
"""

import ast
import functools
import importlib.util
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assay.core.errors import did_you_mean

# Positive in every model that has them; a list gives one value a layer.
POSITIVE = re.compile(
    r"hidden_size|n_embd|d_model|vocab_size|num_hidden_layers|n_layers?|num_attention_heads"
    r"|n_heads?|num_key_value_heads|head_dim"
)
COUNT = re.compile(
    r"(num|n)_\w+|\w+_(size|dim|layers|heads|window|rank|experts|kernel|groups|position_embeddings)"
)
MOST = 1 << 40
UNSET = -1  # what some configs write for none
ROTARY = ("rope_theta", "rotary_emb_base", "rope_local_base_freq", "rotary_base")
EPSILON = re.compile(r"\w*(norm_eps|norm_epsilon)")
ACTIVATIONS = ("hidden_act", "hidden_activation")
DTYPES = ("float32", "float16", "bfloat16", "float64", "half", "float", "auto")
# Names that transformers reserves.
ROPE_TYPES = ("default", "mrope", "su")
NORMAL = (int, float)


@functools.cache
def table_keys(module: str, variable: str) -> frozenset[str]:
    """The texts in a table of transformers, from its source: the keys of a mapping, the parts of a
    tuple, the first parts of pairs."""
    spec = importlib.util.find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("transformers is not installed")
    path = Path(next(iter(spec.submodule_search_locations)), f"{module}.py")
    keys: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ():
        target: ast.AST | None = None
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "update"
        ):
            target = node.func.value
        if isinstance(target, ast.Name) and target.id == variable:
            keys |= set(_texts(node))
    return frozenset(keys)


def _texts(table: Any) -> Iterator[str]:
    value = getattr(table, "value", None)
    for part in [value] if isinstance(value, ast.Dict | ast.Tuple) else ast.walk(table):
        if isinstance(part, ast.Dict):
            keys: list[Any] = part.keys
        elif isinstance(part, ast.Tuple):
            keys = part.elts if part is value else part.elts[:1]
        else:
            continue
        for key in keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value


def faults(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with the values of the part of a config that describes the decoder."""
    found = [
        f"{key} is {_short_repr(value)}, {wanted}"
        for key, value in config.items()
        if value is not None and (wanted := _expected(key, value))
    ]
    for name in ("rope_scaling", "rope_parameters"):
        if config.get(name) is not None:
            found += _rope_faults(name, config[name])
    kinds, layers = config.get("layer_types"), config.get("num_hidden_layers")
    if isinstance(kinds, list) and type(layers) is int and len(kinds) != layers:
        found.append(f"layer_types has {len(kinds)} names, num_hidden_layers is {layers}")
    vocabulary = config.get("vocab_size")
    ends = config.get("eos_token_id")
    for end in ends if isinstance(ends, list) else [ends]:
        if end is None or end == UNSET:
            continue
        inside = type(end) is int and end >= 0
        if not inside or (type(vocabulary) is int and end >= vocabulary > 0):
            found.append(
                f"eos_token_id is {_short_repr(end)}, no token of the {vocabulary} that it has"
            )
    return found


def _expected(key: str, value: Any) -> str:
    """What the value should be, "" where it can be right."""
    if POSITIVE.fullmatch(key):
        parts = value if isinstance(value, list) else [value]
        if not all(type(part) is int and 0 < part < MOST for part in parts):
            return "which must be a whole number from 1"
    elif COUNT.fullmatch(key):
        if type(value) in NORMAL and not UNSET <= value < MOST:
            return "which must be a whole number from 0"
    elif key in ROTARY:
        if not _is_number(value) or value <= 0:
            return "which must be a number over 0"
    elif EPSILON.fullmatch(key):
        if not _is_number(value) or not 0 <= value < 0.1:
            return "which must be a number from 0 to 0.1"
    elif key in ACTIVATIONS:
        known = table_keys("activations", "ACT2CLS")
        if not isinstance(value, str) or value not in known:
            return f"no activation of the installed transformers{did_you_mean(str(value), known)}"
    elif key in ("dtype", "torch_dtype"):
        if not isinstance(value, str | dict) or (
            isinstance(value, str) and value.removeprefix("torch.") not in DTYPES
        ):
            return f"no type of weights: {', '.join(DTYPES[:4])}"
    elif key == "layer_types":
        return _layer_fault(value)
    elif key == "tie_word_embeddings" and not isinstance(value, bool):
        return "which must be true or false"
    return ""


def _layer_fault(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        return "which must be a list of names"
    module = "configuration_utils"
    known = table_keys(module, "ALLOWED_ATTN_LAYER_TYPES") | table_keys(
        module, "_LEGACY_LAYER_TYPE_REMAP"
    )
    for part in value:
        # Some models have types that are in no table; they resemble none of the table's.
        if part not in known and (hint := did_you_mean(part, known)):
            return f"with the unknown type {part[:40]!r}{hint}"
    return ""


def _rope_faults(name: str, value: Any) -> list[str]:
    if not isinstance(value, dict):
        return [f"{name} is {_short_repr(value)}, which must be a mapping"]
    found = []
    known = table_keys("modeling_rope_utils", "ROPE_INIT_FUNCTIONS") | set(ROPE_TYPES)
    for key, part in value.items():
        if isinstance(part, dict):  # one mapping for each type of layer
            found += _rope_faults(f"{name}.{key}", part)
        elif key in ("rope_type", "type") and (not isinstance(part, str) or part not in known):
            hint = did_you_mean(str(part)[:40], known)
            found.append(f"{name}.{key} is {_short_repr(part)}, no rotary embedding{hint}")
        elif key in ROTARY and (not _is_number(part) or part <= 0):
            found.append(f"{name}.{key} is {_short_repr(part)}, which must be a number over 0")
        elif key == "factor" and (not _is_number(part) or not 0 < part <= 10_000):
            found.append(f"{name}.factor is {_short_repr(part)}, which no model has")
    return found


def _is_number(value: Any) -> bool:
    return type(value) in NORMAL and math.isfinite(value)


def _short_repr(value: Any) -> str:
    return repr(value)[:40]
