"""Which parameter learns at what rate, and from which epoch on. Layers are found by shape, not by a
model's name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from assay.training.decoder_layers import stack

if TYPE_CHECKING:
    from assay.training.settings import NetworkChange, Trained


@dataclass(frozen=True)
class Layers:
    """Where the decoder layers of a network are.

    Attributes:
        prefix: name of their ModuleList in the network, with a dot at the end.
        count: how many there are; layer 0 is the lowest.
        embeddings: names, with a dot at the end, of the embeddings below them (of tokens, of
            positions).
    """

    prefix: str
    count: int
    embeddings: tuple[str, ...]

    def below(self, name: str) -> int:
        """How far below the top a parameter lies: 0 for the top layer, `count` for the embeddings,
        -1 for what lies outside both (final norm, head)."""
        if name.startswith(self.prefix):
            return self.count - 1 - int(name[len(self.prefix) :].partition(".")[0])
        return self.count if name.startswith(self.embeddings) else -1


def layers(network: Any) -> Layers:
    """The decoder layers of `network` and the embeddings below them.

    Raises:
        TrainError: T044, the network has no list of its layers.
    """
    prefix, found = stack(network)
    names = {id(module): name for name, module in network.named_modules()}
    inputs = network.get_input_embeddings()
    tables = [
        m for m in network.base_model.modules() if m is inputs or isinstance(m, torch.nn.Embedding)
    ]
    outside = [
        f"{names[id(table)]}." for table in tables if not names[id(table)].startswith(f"{prefix}.")
    ]
    return Layers(f"{prefix}.", len(found), tuple(outside))


def factors(settings: Trained, network: Any, change: NetworkChange) -> dict[str, float]:
    """The factor on the learning rate of each trained parameter, by name.

    Layers: each layer below the top learns at `layer_decay` times the rate of the one above it, the
    embeddings at `layer_decay` times that of the lowest layer; what lies outside (final norm, head)
    and the top layer at 1. Clark et al. (2020), ELECTRA, arxiv.org/abs/2003.10555; after Howard and
    Ruder (2018), aclanthology.org/P18-1031.
    Groups: times each of `change.groups` whose key the name contains. LoRA+ (Hayou et al. 2024,
    arxiv.org/abs/2402.12354) is {"lora_B": 16}.

    Raises:
        TrainError: T044, `layer_decay` is below 1 and the network's layers cannot be found.
    """
    found = layers(network) if settings.layer_decay < 1 else None
    return {
        name: _product(name, change.groups)
        * (settings.layer_decay ** max(0, found.below(name)) if found else 1.0)
        for name in change.trained
    }


def _product(name: str, groups: Mapping[str, float]) -> float:
    product = 1.0
    for key, factor in groups.items():
        if key in name:
            product *= factor
    return product


def awake(
    settings: Trained, network: Any, names: Iterable[str], epoch: int, epochs: int
) -> set[str]:
    """The parameters that are trained in an epoch; the others have no gradient in it.

    `unfreeze: gradually` (Howard and Ruder 2018, aclanthology.org/P18-1031): epoch 0 trains what
    lies above the layers and the top layer group, each later epoch one group more, down to the
    embeddings, which are a level of their own. Only levels with a parameter in `names` count. With
    as many epochs as levels or more, a group is one level; with fewer, the levels are shared out
    evenly, so that all are awake in the last epoch.

    Args:
        names: the trained parameters. epoch: from 0, of so many.

    Raises:
        TrainError: T044, the network's layers cannot be found.
    """
    names = set(names)
    if settings.unfreeze == "at once":
        return names
    found = layers(network)
    below = {name: found.below(name) for name in names}
    levels = sorted({level for level in below.values() if level >= 0})
    even = -(-len(levels) * (epoch + 1) // epochs)
    reached = levels[: max(epoch + 1, even)]
    return {name for name, level in below.items() if level < 0 or level in reached}
