"""A network with fewer decoder layers, and which of them it can spare.

How              layers are taken out of the stack in place; what is left keeps its weights, gets
                 its new place in the cache of keys and values, and the config says so too, so that
                 a saved config builds the same network
Influence        1 - mean cosine of a token's state before and after a layer: one that hardly turns
                 its states is spared first. Men et al. (2024), ShortGPT, arxiv.org/abs/2403.03853,
                 equation 1
Block            the run of layers whose first input and last output lie nearest by angle, at the
                 last token. Gromov et al. (2024), The Unreasonable Ineffectiveness of the Deeper
                 Layers, arxiv.org/abs/2403.17887, section 3
Even             layers at equal distances, the first and the last among them. Shleifer and Rush
                 (2020), Pre-trained Summarization Distillation, arxiv.org/abs/2010.13002, table 7;
                 Sanh et al. (2019), DistilBERT, arxiv.org/abs/1910.01108, took every second layer
Watch out        each layer is judged with all the others in place: of two that stand for each
                 other, both look spare
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from assay.training.batch import TrainingBatch
from assay.training.decoder_layers import decoder_layers, stack


def keep(network: Any, kept: Sequence[int]) -> None:
    """Leave these decoder layers in the network, in this order, and take the others out.

    Args:
        kept: places in the present stack, from 0, rising.
    """
    name, layers = stack(network)
    count = len(layers)
    if list(kept) == list(range(count)):
        return
    parent, _, own = name.rpartition(".")
    left = torch.nn.ModuleList([layers[place] for place in kept])
    setattr(network.get_submodule(parent), own, left)
    for place, layer in enumerate(left):
        for module in layer.modules():
            if "layer_idx" in vars(module):  # where it finds its keys and values
                # torch: Tensor | Module
                module.layer_idx = place  # pyrefly: ignore[bad-argument-type]
    config = network.config.get_text_config()
    for key, value in list(vars(config).items()):
        # What the config says layer by layer, as the kind of their attention.
        if isinstance(value, list | tuple) and len(value) == count:
            setattr(config, key, [value[place] for place in kept])
    config.num_hidden_layers = len(left)


def evenly(count: int, wanted: int) -> list[int]:
    """`wanted` of `count` places at distances as equal as can be, the first and the last among
    them."""
    if wanted == 1:
        return [0]
    return [round(step * (count - 1) / (wanted - 1)) for step in range(wanted)]


def least(influence: Sequence[float], wanted: int) -> list[int]:
    """The places that are left when all but the `wanted` ones of most influence are taken out. Of
    equals the lower one stays."""
    order = sorted(range(len(influence)), key=lambda place: (-influence[place], place))
    return sorted(order[:wanted])


def without_block(distances: Sequence[Sequence[float]], count: int, wanted: int) -> list[int]:
    """The places that are left when the run of layers with the smallest distance is taken out.

    Args:
        distances: [l][n - 1]: between the input of layer l and that of layer l + n. count: of
            layers.
    """
    size = count - wanted
    first = min(range(wanted + 1), key=lambda low: (distances[low][size - 1], -low))
    return [place for place in range(count) if not first <= place < first + size]


@torch.no_grad()
def influences(network: Any, batches: Sequence[TrainingBatch]) -> list[float]:
    """Influence of each decoder layer, in [0, 2], over all tokens of these batches (padded rows, no
    trees)."""
    layers = [layer for _, layer in decoder_layers(network)]
    sums = [0.0] * len(layers)
    tokens = 0
    for batch in batches:
        real = batch.real.flatten()
        with record_states(layers) as seen:
            batch.states(network)
        for place, (before, after) in enumerate(seen):
            own = torch.nn.functional.cosine_similarity(
                before.flatten(0, 1).float(), after.flatten(0, 1).float()
            )
            sums[place] += float((1 - own)[real].sum())
        tokens += int(real.sum())
    return [value / max(1, tokens) for value in sums]


@torch.no_grad()
def distances(network: Any, batches: Sequence[TrainingBatch]) -> list[list[float]]:
    """[l][n - 1]: mean angle over pi, in [0, 1], between the states of last tokens before layer l
    and before l + n."""
    layers = [layer for _, layer in decoder_layers(network)]
    found: list[torch.Tensor] = []
    for batch in batches:
        with record_states(layers) as seen:
            batch.states(network)
        states = [seen[0][0], *(after for _, after in seen)]
        found.append(torch.stack([one.flatten(0, 1)[batch.ends].float() for one in states], 1))
    ends = torch.nn.functional.normalize(torch.cat(found), dim=-1)  # (rows, layers + 1, width)
    angles = torch.arccos((ends @ ends.transpose(1, 2)).clamp(-1, 1)).mean(0) / math.pi
    count = len(layers)
    return [
        [float(angles[low, high]) for high in range(low + 1, count + 1)] for low in range(count + 1)
    ]


@contextmanager
def record_states(
    layers: Sequence[torch.nn.Module],
) -> Generator[list[tuple[torch.Tensor, torch.Tensor]]]:
    """Inside the block: the states before and after each layer of the next pass, (lines, columns,
    width) each."""
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def note(module: torch.nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        before = args[0] if args else kwargs["hidden_states"]
        seen.append((before, output[0] if isinstance(output, tuple) else output))

    hooks = [layer.register_forward_hook(note, with_kwargs=True) for layer in layers]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
