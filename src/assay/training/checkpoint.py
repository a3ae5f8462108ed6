"""The state of a training run in a folder, written whole or not at all.

`state-<step>/` holds the trained weights, the optimiser's tensors and state.json with a hash of
each and of itself. It is written under another name, flushed, then renamed. A damaged one is set
aside and the one before it is used. One in another format is refused: the key of the stage covers
what training computes, not how a state is written, and hours of training are not thrown away
unasked.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from assay.core.errors import Problem, TrainError
from assay.core.store import (
    chunks_digest,
    digest,
    file_digest,
    read_json,
    tensor_chunks,
    write_folder,
)
from assay.training.distributed.shard import as_split, together

KEEP = 2
# raise it when a state is written differently: other files, keys, names of tensors or of `Progress`
FORMAT = 1


def save(
    folder: Path,
    step: int,
    weights: dict,
    optimiser: torch.optim.Optimizer,
    best: dict,
    note: dict,
    *,
    write: bool = True,
) -> None:
    """Write `state-<step>` and remove all but the newest two. What is split over processes is put
    together, for which every one of them has to call it, and one to write.

    Args:
        best: the weights of the best evaluation so far. note: what else belongs to the state, as
            JSON.
    """
    parts = plain(weights), flat(optimiser.state_dict()["state"]), plain(best)
    if not write:
        return
    kept = {name: part for name, part in zip(FILES, parts, strict=True) if part or name != FILES[2]}
    state = {
        "format": FORMAT,
        "step": step,
        "random": [as_text(generator) for generator in (torch.get_rng_state(), *_card_states())],
        "files": {name: chunks_digest(tensor_chunks(part)) for name, part in kept.items()},
        **note,
    }
    files = {name: tensor_chunks(part) for name, part in kept.items()}
    write_folder(
        folder / f"state-{step:08d}", files, {"state.json": {**state, "sha256": digest(state)}}
    )
    for old in sorted(folder.glob("state-????????"))[:-KEEP]:
        shutil.rmtree(old)


def load(folder: Path) -> tuple[dict, dict, dict, dict] | None:
    """(weights, optimiser tensors, best weights, note) of the newest undamaged state, or None.

    Raises:
        TrainError: T016, it is in another format.
    """
    from safetensors.torch import load_file

    for leftover in folder.glob(".state-*.part"):
        shutil.rmtree(leftover)
    for place in sorted(folder.glob("state-????????"), reverse=True):
        try:
            state = read_json(place / "state.json")
            intact = state.pop("sha256") == digest(state)
            intact = intact and all(
                file_digest(place / name) == value for name, value in state["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            intact, state = False, {}
        if intact:
            refuse_other(place, state.get("format", 1))  # the first had no number
            own, *cards = [from_text(text) for text in state["random"]]
            torch.set_rng_state(own)
            if cards:
                torch.cuda.set_rng_state_all(cards)
            parts = [load_file(place / name) if name in state["files"] else {} for name in FILES]
            return parts[0], parts[1], parts[2], state
        aside = place.with_suffix(".damaged")
        if aside.exists():
            shutil.rmtree(aside)
        place.rename(aside)
    return None


def refuse_other(place: Path, found: Any) -> None:
    """Raises TrainError, T016, for a state that this code would misread."""
    if found != FORMAT:
        text = (
            f"this state of an interrupted training is in format {found}; this assay reads"
            f" format {FORMAT}"
        )
        way = (
            f"go on with the assay that wrote it, or remove {place.parent} to train from the start"
        )
        raise TrainError(Problem("T016", text, str(place), help=way))


FILES = ("weights.safetensors", "optimiser.safetensors", "best.safetensors")


def _card_states() -> list[torch.Tensor]:
    """The random state of every graphics card: dropout draws there."""
    return torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def as_text(state: torch.Tensor) -> str:
    return base64.b64encode(state.numpy().tobytes()).decode()


def from_text(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)


def flat(state: dict) -> dict[str, torch.Tensor]:
    """An optimiser's nested state as tensors alone. A key is the path as JSON: `[0, "first"]`. What
    is no tensor (a count of steps) becomes the bytes of its JSON, and its path ends in `null`."""
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for path, value in _leaves(state, ()):
        if isinstance(value, torch.Tensor):
            tensor = together(value.detach()).contiguous()
            # Parameters may share a tensor (the map of an 8-bit code), which safetensors refuses.
            found[json.dumps(path)] = tensor.clone() if tensor.data_ptr() in seen else tensor
            seen.add(tensor.data_ptr())
        else:
            found[json.dumps((*path, None))] = torch.frombuffer(
                bytearray(json.dumps(value).encode()), dtype=torch.uint8
            )
    return found


def _leaves(
    state: dict, path: tuple[int | str, ...]
) -> Iterator[tuple[tuple[int | str, ...], Any]]:
    for name, value in state.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """Put the tensors that `flat` made, and `load` read, into a fresh optimiser over the same
    parameters."""
    states = optimiser.state_dict()
    stepped = [weight for group in optimiser.param_groups for weight in group["params"]]
    for key, value in tensors.items():
        path = json.loads(key)
        if path[-1] is None:
            path.pop()
            value = json.loads(bytes(value.tolist()))
        else:
            value = as_split(value, stepped[path[0]])
        place = states["state"]
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    optimiser.load_state_dict(states)


def plain(tensors: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: together(tensor.detach()).contiguous().cpu() for name, tensor in tensors.items()}
