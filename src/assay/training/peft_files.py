"""Adapters in PEFT's own two files: plain `PeftModel.from_pretrained` loads a folder that `write`
made.

How   the adapters are injected in place, so a parameter's name is PEFT's without
      `base_model.model.` in front, which `PeftModel` adds, and with the adapter's own name inside,
      which PEFT leaves out of files
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file

from assay.core.errors import Problem, TrainError
from assay.core.store import write_json, write_tensors
from assay.models.loading.hub import HUB_NAME

if TYPE_CHECKING:
    from peft import PeftConfig

    from assay.models.inference.chat_model import ChatModel

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
ADAPTER = "default"  # PEFT's name for the only adapter
OUTSIDE = "base_model.model."


def inject(config: PeftConfig, network: Any) -> Any:
    """Put fresh adapters into the network, in place.

    Raises:
        TrainError: T026, PEFT has no such adapter for a layer of this model.
    """
    from peft import inject_adapter_in_model

    with translate_peft_errors(config):
        return inject_adapter_in_model(config, network)


@contextmanager
def translate_peft_errors(config: PeftConfig) -> Generator[None]:
    """Inside the block, what PEFT says of a layer that it cannot change is a `TrainError`, T026."""
    try:
        yield
    except (ValueError, TypeError, NotImplementedError) as error:
        text = (
            f"{str(config.peft_type).rpartition('.')[2].lower()}: PEFT cannot change this model"
            f" so: {error}"
        )
        raise TrainError(
            Problem(
                "T026", text, "targets", help="name the layers in `targets`, or take plain lora"
            )
        ) from error


def base_of(model: ChatModel) -> tuple[str, str | None]:
    """Where `AutoPeftModelForCausalLM` finds the base: (name on the hub, commit), or (its folder,
    None)."""
    folder = Path(model.network.name_or_path)
    if folder.parent.name == "snapshots" and HUB_NAME.fullmatch(model.name):
        return model.name.partition("@")[0], folder.name
    return str(folder), None


def fresh(network: Any, mark: str) -> dict[str, torch.nn.Parameter]:
    """The parameters whose name holds `mark`, by name: in fp32 or wider, and trained; no others
    are."""
    network.requires_grad_(False)
    trained = {name: parameter for name, parameter in network.named_parameters() if mark in name}
    for parameter in trained.values():
        parameter.data = parameter.data.to(torch.promote_types(parameter.dtype, torch.float32))
        parameter.requires_grad_(True)
    return trained


def write(folder: Path, config: PeftConfig, tensors: Mapping[str, torch.Tensor]) -> None:
    """Both files.

    Args:
        tensors: by their names in the network.
    """
    write_tensors(
        folder / WEIGHTS,
        {in_file(name): tensor for name, tensor in tensors.items()},
        {"format": "pt"},
    )
    saved = {
        key: sorted(value) if isinstance(value, set) else value
        for key, value in config.to_dict().items()
    }
    write_json(folder / CONFIG, {**saved, "inference_mode": True})


def read(folder: Path, names: Iterable[str]) -> dict[str, torch.Tensor]:
    """What `write` kept of these parameters, by their names in the network."""
    tensors = load_file(folder / WEIGHTS)
    return {name: tensors[in_file(name)] for name in names}


def put(parameters: Mapping[str, torch.nn.Parameter], tensors: Mapping[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])


def in_file(name: str) -> str:
    """`model.layers.0.mlp.up_proj.lora_A.default.weight` is
    `base_model.model.model.layers.0.mlp.up_proj.lora_A.weight` in the file."""
    parts = name.split(".")
    # The adapter's name stands last for a parameter, last but one for a module; elsewhere the word
    # is the network's.
    place = max(index for index in (len(parts) - 2, len(parts) - 1) if parts[index] == ADAPTER)
    del parts[place]
    # DoRA's magnitude became a module in PEFT 0.12; its name in files stayed that of a parameter.
    if parts[-2:] == ["lora_magnitude_vector", "weight"]:
        del parts[-1]
    return OUTSIDE + ".".join(parts)
