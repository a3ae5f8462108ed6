"""Low-rank pairs of several adapters beside the linear layers of one base, switched or mixed while
it runs.

How          a forward hook on each adapted layer adds s B A x to what the layer computes; the
             layer, its weight and its names stay as they are, so the base is there once, plain or
             quantised. With DoRA the layer's own output is scaled as well: (m / length - 1) (W x) +
             (m / length) s B A x, the lengths taken once, on loading
Mixed rows   one pass of the base; then each adapter's pair meets only the tokens of its own rows,
             and what it gives is added there. The cost of an adapter is that of its rows
Watch out    the index of tokens is by place in the pass: a layer that gets only some of the tokens
             (an expert of a mixture) cannot be mixed, and says so
Source       Hu et al. (2021), arxiv.org/abs/2106.09685; DoRA in this order: peft's LoRA variants
             and `assay.training.dora`; many in one batch: Sheng et al. (2023), S-LoRA,
             arxiv.org/abs/2311.03285
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import linear

from assay.core.errors import ModelError, Problem
from assay.core.store import read_json
from assay.training.adapters.compatibility import CONFIG, WEIGHTS, split_tensor_name
from assay.training.adapters.merge import dequantise_weight

ALONE = "serve it in a process of its own, or merge it into a copy of the base"
# What PEFT's config can ask for beyond pairs and DoRA; assay trains none of these.
FURTHER = (
    "modules_to_save",
    "layer_replication",
    "megatron_config",
    "trainable_token_indices",
    "target_parameters",
)


@dataclass(frozen=True)
class LoraWeights:
    """What one adapter does at one layer.

    Attributes:
        a: (rank, in). b: (out, rank), with the scaling in it. gain: (out,) of the layer's own
            output, less 1 (DoRA).
    """

    a: torch.Tensor
    b: torch.Tensor
    gain: torch.Tensor | None = None

    def __call__(
        self, x: torch.Tensor, own: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """What is to be added: inputs (tokens, in) and the layer's outputs (tokens, out) to
        (tokens, out)."""
        low = linear(linear(x.to(self.a.dtype), self.a), self.b)
        if self.gain is None:
            return low
        return low + self.gain * (own if bias is None else own - bias)

    @property
    def bytes(self) -> int:
        return sum(part.nbytes for part in (self.a, self.b, self.gain) if part is not None)


class ActiveAdapter:
    """Whose turn it is: the adapter of all rows, or one for each row of the passes that follow. ""
    is the base.

    Attributes:
        one: the adapter of every row, where `mixed` is None.
    """

    def __init__(self) -> None:
        self.one = ""
        self.mixed: Mixed | None = None


class Mixed:
    """An adapter for each row of a pass.

    Args:
        names: one a row. at: which of them each token of a pass belongs to, for passes that lay
            several rows in one line; None: row by row as the pass has them.
    """

    def __init__(self, names: Sequence[str], at: torch.Tensor | None):
        self.names, self.at = tuple(names), at
        self._places: dict[tuple[torch.Size, torch.device], list[tuple[str, torch.Tensor]]] = {}

    def places(self, lead: torch.Size, device: torch.device) -> list[tuple[str, torch.Tensor]]:
        """Adapter and the numbers of its tokens, counted through a pass of the shape `lead`: (rows,
        tokens).

        Raises:
            ValueError: the pass has other rows or tokens than were named.
        """
        key = (lead, device)
        if key not in self._places:
            count = lead.numel()
            rows = (
                self.at.reshape(-1)
                if self.at is not None
                else torch.arange(count) // max(1, count // lead[0])
            )
            fits = len(rows) == count if self.at is not None else lead[0] == len(self.names)
            if not fits:
                named = (
                    f"{len(self.names)} rows" if self.at is None else f"{self.at.numel()} tokens"
                )
                raise ValueError(f"adapters were named for {named}, and a layer got {tuple(lead)}")
            of = {
                name: [i for i, one in enumerate(self.names) if one == name]
                for name in self.names
                if name
            }
            found = [
                (
                    name,
                    torch.isin(rows, torch.tensor(some, device=rows.device))
                    .nonzero()[:, 0]
                    .to(device),
                )
                for name, some in of.items()
            ]
            self._places[key] = [(name, places) for name, places in found if len(places)]
        return self._places[key]


class Beside:
    """The pairs beside one layer, as its forward hook. A copy of the network has the same pairs."""

    def __init__(self, turn: ActiveAdapter):
        self.turn = turn
        self.pairs: dict[str, LoraWeights] = {}

    def __deepcopy__(self, memo: Any) -> Beside:
        return self

    def after(self, layer: Any, given: tuple[Any, ...], out: torch.Tensor) -> torch.Tensor:
        """What `layer` has computed, with what the adapters add."""
        turn, x = self.turn, given[0]
        if turn.mixed is None:
            pair = self.pairs.get(turn.one)
            return out if pair is None else (out + pair(x, out, layer.bias)).to(out.dtype)
        flat, rows = x.reshape(-1, x.shape[-1]), out.reshape(-1, out.shape[-1])
        changed = rows
        for name, places in turn.mixed.places(out.shape[:-1], out.device):
            if (pair := self.pairs.get(name)) is not None:
                own = rows[places]
                new = (own + pair(flat[places], own, layer.bias)).to(out.dtype)
                changed = (
                    changed.index_copy(0, places, new)
                    if changed is rows
                    else changed.index_copy_(0, places, new)
                )
        return changed.view_as(out)


def read_pairs(network: Any, folder: Path) -> dict[str, LoraWeights]:
    """The adapter in PEFT's two files, by the names of the network's layers, on their device.

    Raises:
        ModelError: M114, it is no LoRA or DoRA adapter.
    """
    from safetensors.torch import load_file

    config = need_pairs(folder)
    tensors: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in load_file(folder / WEIGHTS).items():
        place, kind = split_tensor_name(name)
        tensors.setdefault(place, {})[kind] = tensor
    with torch.no_grad():
        return {
            place: _pair(network.get_submodule(place), place, config, found)
            for place, found in tensors.items()
        }


def need_pairs(folder: Path) -> dict[str, Any]:
    """PEFT's config of the adapter in `folder`.

    Raises:
        ModelError: M114, there is none, or it is of another kind.
    """
    if not (folder / CONFIG).exists() or not (folder / WEIGHTS).exists():
        text = (
            f"it holds no {CONFIG}"
            f" with {WEIGHTS}; only LoRA and DoRA adapters share a base with others"
        )
        raise ModelError(Problem("M114", text, str(folder), ALONE))
    config = read_json(folder / CONFIG)
    odd = [name for name in FURTHER if config.get(name)]
    if config.get("bias", "none") != "none" or config.get("lora_bias"):
        odd.append("bias")
    kind = config.get("peft_type")
    if kind != "LORA" or odd:
        what = f"with {', '.join(odd)}" if kind == "LORA" else f"of the kind {kind}"
        text = (
            f"it is an adapter {what}; only plain LoRA and DoRA adapters share a base with others"
        )
        raise ModelError(Problem("M114", text, str(folder), ALONE))
    return config


def scaling(config: dict[str, Any], place: str, rank: int) -> float:
    """The factor on B A of one layer: alpha / rank, or alpha / sqrt(rank) with rank
    stabilisation."""
    from peft.utils.other import get_pattern_key

    own = config.get("alpha_pattern") or {}
    alpha = own.get(get_pattern_key(list(own), place), config["lora_alpha"])
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def _pair(
    layer: Any, place: str, config: dict[str, Any], found: dict[str, torch.Tensor]
) -> LoraWeights:
    device = layer.weight.device
    a, b = found["lora_A"].float().to(device), found["lora_B"].float().to(device)
    b = b * scaling(config, place, len(a))
    if "lora_magnitude_vector" not in found:
        return LoraWeights(a, b)
    weight = dequantise_weight(layer)
    total = (weight.T if config.get("fan_in_fan_out") else weight) + b @ a
    factor = found["lora_magnitude_vector"].float().to(device) / total.norm(dim=1)
    return LoraWeights(a, b * factor[:, None], factor - 1)
