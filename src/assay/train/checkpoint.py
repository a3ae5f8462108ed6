"""The state of a training run in a folder, written whole or not at all.

`state-<step>/` holds the trained weights, the optimiser's tensors and state.json with a hash of each. It is written
under another name, flushed, then renamed. A damaged one is set aside and the one before it is used.
"""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import torch

from assay.store import digest, read_json, write_folder

KEEP = 2


def save(folder: Path, step: int, weights: dict, optimiser: torch.optim.Optimizer, best: dict, note: dict) -> None:
    """Write `state-<step>` and remove all but the newest two. `best` are the weights of the best evaluation so far."""
    from safetensors.torch import save as to_bytes

    states = optimiser.state_dict()
    tensors = {
        f"{index}.{name}": value.contiguous()
        for index, state in states["state"].items()
        for name, value in state.items()
    }
    files = {"weights.safetensors": to_bytes(whole(weights)), "optimiser.safetensors": to_bytes(tensors)}
    if best:
        files["best.safetensors"] = to_bytes(whole(best))
    state = {
        "step": step,
        "random": base64.b64encode(torch.get_rng_state().numpy().tobytes()).decode(),
        "files": {name: digest(data) for name, data in files.items()},
        **note,
    }
    write_folder(folder / f"state-{step:08d}", files, {"state.json": state})
    for old in sorted(folder.glob("state-????????"))[:-KEEP]:
        shutil.rmtree(old)


def load(folder: Path) -> tuple[dict, dict, dict, dict] | None:
    """(weights, optimiser tensors, best weights, note) of the newest undamaged state, or None."""
    from safetensors.torch import load as from_bytes

    for leftover in folder.glob(".state-*.part"):
        shutil.rmtree(leftover)
    for place in sorted(folder.glob("state-????????"), reverse=True):
        try:
            state = read_json(place / "state.json")
            data = {name: (place / name).read_bytes() for name in state["files"]}
            intact = all(digest(data[name]) == value for name, value in state["files"].items())
        except (OSError, ValueError, KeyError):
            intact, data, state = False, {}, {}
        if intact:
            torch.set_rng_state(torch.frombuffer(bytearray(base64.b64decode(state["random"])), dtype=torch.uint8))
            parts = [from_bytes(data[name]) if name in data else {} for name in FILES]
            return parts[0], parts[1], parts[2], state
        place.rename(place.with_suffix(".damaged"))
    return None


FILES = ("weights.safetensors", "optimiser.safetensors", "best.safetensors")


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    states = optimiser.state_dict()
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        states["state"].setdefault(int(index), {})[name] = value
    optimiser.load_state_dict(states)


def whole(tensors: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().contiguous().cpu() for name, tensor in tensors.items()}
