"""Whether trained weights belong to a base: what was written down when they were trained, the
shapes, the tokenizer.

How          the arm's `arm.json` holds the digest of its base (weights, config, tokenizer and
             template); PEFT's `adapter_config.json` holds its name; the safetensors header has the
             shapes, read without the numbers
Watch out    an adapter from elsewhere, without `arm.json`, is held to its base's name on the hub
             and to shapes: two models of one architecture in local folders are not told apart by
             these
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import ModelError, Problem
from assay.core.store import read_json

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
WHOLE = "model.safetensors"  # of an arm whose own weights were trained
OUTSIDE = "base_model.model."  # before every name in PEFT's files
AGAIN = "name the base that it was trained on, or train it again on this one"
SPECIAL = ("bos_token", "eos_token", "pad_token", "unk_token")


def refuse_foreign(model: ChatModel, folder: Path) -> None:
    """Check what is in the folder of an arm, or of an adapter in PEFT's files, against an opened
    base.

    Raises:
        ModelError: M111 it was trained on another base; M112 the base's files have changed since;
            M113 the tokenizer in the folder has other special tokens.
    """
    for problem in (_by_digest(model, folder), _by_name(model, folder), _by_shape(model, folder)):
        if problem:
            raise ModelError(problem)
    if problem := _by_tokens(model, folder):
        raise ModelError(problem)


def _by_digest(model: ChatModel, folder: Path) -> Problem | None:
    from assay.models.loading.find import digest_of

    file, place = folder / "arm.json", Path(model.network.name_or_path)
    # a network that was made in memory has no files
    if not file.exists() or not (place / "config.json").exists():
        return None
    known: dict[str, str] = read_json(file)["models"]
    now = digest_of(place)
    if not known or now in known.values():
        return None
    if model.name in known:
        text = (
            f"the base {model.name} has changed since this was trained:"
            f" {known[model.name][:12]}, now {now[:12]}"
        )
        return Problem("M112", text, str(folder), "put the old files back, or train it again")
    names = ", ".join(known)
    return Problem(
        "M111", f"it was trained on {names}, and this base is {model.name}", str(folder), AGAIN
    )


def _by_name(model: ChatModel, folder: Path) -> Problem | None:
    """Names on the hub are compared; a folder may have another name on another machine."""
    from assay.models.loading.hub import HUB_NAME
    from assay.training.peft_files import base_of

    file = folder / CONFIG
    if not file.exists() or (folder / "arm.json").exists():
        return None
    name = str(read_json(file).get("base_model_name_or_path") or "")
    own, revision = base_of(model)
    if revision is None or not HUB_NAME.fullmatch(name) or name == own or Path(name).exists():
        return None
    return Problem("M111", f"it was trained on {name}, and this base is {own}", str(folder), AGAIN)


def _by_shape(model: ChatModel, folder: Path) -> Problem | None:
    for name, shape in shapes_in(folder).items():
        if fault := _fault(model.network, name, shape):
            return Problem("M111", f"it was trained on another base: {fault}", str(folder), AGAIN)
    return None


def shapes_in(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the weights that a folder holds, by name; none where it holds no such file."""
    from safetensors import safe_open

    file = next((folder / name for name in (WEIGHTS, WHOLE) if (folder / name).exists()), None)
    if file is None:
        return {}
    with safe_open(file, "pt") as weights:
        names = weights.keys()
        return {name: tuple(weights.get_slice(name).get_shape()) for name in names}


def _fault(network: Any, name: str, shape: tuple[int, ...]) -> str:
    """What does not fit, as a phrase; "" where the tensor has its place."""
    if not name.startswith(OUTSIDE):
        try:
            own = tuple(network.get_parameter(name).shape)
        except AttributeError:
            return f"this one has no weight {name}"
        return "" if own == shape else f"{name} is {own} here and {shape} there"
    place, kind = split_tensor_name(name)
    try:
        inside, out = sides(network.get_submodule(place))
    except AttributeError:
        return f"this one has no layer {place}"
    fits = {
        "lora_A": shape[-1:] == (inside,),
        "lora_B": shape[:1] == (out,),
        "miss_block": shape[-1:] == (out,),
        "ia3_l": max(shape) in (inside, out),
        "lora_magnitude_vector": shape[:1] == (out,),
    }
    return (
        ""
        if fits.get(kind, True)
        else f"{place} has {inside} inputs and {out} outputs, {kind} is {shape}"
    )


def split_tensor_name(name: str) -> tuple[str, str]:
    """Layer and kind of a tensor in PEFT's files:
    `base_model.model.model.layers.0.mlp.up_proj.lora_A.weight` is that layer's `lora_A`."""
    parts = name.removeprefix(OUTSIDE).removesuffix(".weight").split(".")
    return ".".join(parts[:-1]), parts[-1]


def sides(layer: Any) -> tuple[int, int]:
    """Inputs and outputs of a linear layer, plain, quantised, or of GPT-2's kind.

    Raises:
        AttributeError: it is no linear layer.
    """
    from transformers.pytorch_utils import Conv1D

    return (
        (layer.nx, layer.nf)
        if isinstance(layer, Conv1D)
        else (layer.in_features, layer.out_features)
    )


def _by_tokens(model: ChatModel, folder: Path) -> Problem | None:
    """A folder from elsewhere may bring the tokenizer that it was trained with."""
    if not (folder / "tokenizer.json").exists():
        return None
    from assay.models.loading.opening import open_tokenizer

    brought = open_tokenizer(folder)
    own: Any = model.chat.tokenizer
    for what in SPECIAL:
        theirs, ours = brought.special_tokens_map.get(what), own.special_tokens_map.get(what)
        if theirs != ours:
            text = f"its tokenizer has {theirs!r} as {what}, the base has {ours!r}"
            return Problem(
                "M113",
                text,
                str(folder),
                "train it on the base as it is, or merge it into its own base",
            )
    added, known = brought.get_added_vocab(), own.get_added_vocab()
    other = sorted(token for token, number in added.items() if known.get(token) != number)
    if not other:
        return None
    text = (
        f"its tokenizer has {len(other)} added tokens that the base has not, such as {other[0]!r}"
    )
    return Problem(
        "M113", text, str(folder), "train it on the base as it is, or merge it into its own base"
    )
