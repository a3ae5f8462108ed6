"""A network as a stack of decoder layers, whatever its kind, and which of them are trained.

What it is for   "the last four layers" and "the four layers that the data pull at most", said
                 without a model's name
How              the stack is the ModuleList of the body that is as long as the config's
                 num_hidden_layers
Source           Lee et al. (2023), Surgical Fine-Tuning Improves Adaptation to Distribution Shifts,
                 arxiv.org/abs/2210.11466: the gradient's norm over the weights' (Auto-RGN) says
                 which layers matter
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import torch

from assay.core.errors import Problem, TrainError
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import completion

By = Literal["top", "gradient"]
HEAD = "head."  # before the names of parameters outside the network that read its last states


def stack(network: Any) -> tuple[str, torch.nn.ModuleList]:
    """Name and list of the decoder layers of `network`.

    Raises:
        TrainError: T044, it has no such list.
    """
    count = network.config.get_text_config().num_hidden_layers
    lists = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) == count
    ]
    if not lists:
        text = f"the network has no list of {count} layers, so none of them can be chosen"
        raise TrainError(
            Problem(
                "T044", text, help="leave `layers` out, or name what stays as it is with `freeze`"
            )
        )
    # as many experts as layers would lie deeper
    return min(lists, key=lambda pair: pair[0].count("."))


def has_layers(network: Any) -> bool:
    """Whether `stack` finds them: layers that share their weights are no list."""
    try:
        return bool(stack(network))
    except TrainError:
        return False


def decoder_layers(network: Any) -> list[tuple[str, torch.nn.Module]]:
    """(name, module) of each decoder layer, lowest first."""
    name, layers = stack(network)
    return [(f"{name}.{index}", layer) for index, layer in enumerate(layers)]


def select_layers(network: Any, n: int, by: By, sample: Sequence[TrainingBatch] = ()) -> list[str]:
    """Names of `n` decoder layers, lowest first.

    Args:
        by: "top" takes the last ones; "gradient" those with the largest relative gradient (`pulls`)
            on `sample`.
        sample: some training rows; without any (an arm is restored) "gradient" takes the last ones
            too.

    Raises:
        TrainError: T041, the network has fewer layers.
    """
    layers = decoder_layers(network)
    if n > len(layers):
        text = f"layers: {n}, but this model has {len(layers)}"
        raise TrainError(Problem("T041", text, "layers", help=f"take 1 to {len(layers)}"))
    if by == "top" or not sample:
        return [name for name, _ in layers[len(layers) - n :]]
    pull = pulls(network, sample)
    # Between equal pulls the upper layer: it is cheaper to train.
    best = sorted(range(len(layers)), key=lambda i: (-pull[i], -i))[:n]
    return [layers[index][0] for index in sorted(best)]


def pulls(network: Any, sample: Sequence[TrainingBatch]) -> list[float]:
    """Of each decoder layer: the norm of the gradient of its weights over the norm of the weights.

    The gradient is that of the completion's loss, summed over `sample`, in the mode (dropout or
    not) of the network, which is left as it was: no gradient is kept and nothing that was frozen is
    trained.
    """
    layers = [
        [p for p in layer.parameters() if p.is_floating_point()]
        for _, layer in decoder_layers(network)
    ]
    before = {p: p.requires_grad for p in network.parameters()}
    network.requires_grad_(False)
    for weights in layers:
        for weight in weights:
            weight.requires_grad_(True)
    try:
        for batch in sample:
            completion(network, batch).value.backward()
        return [norm(w.grad for w in weights) / norm(weights) for weights in layers]
    finally:
        for weight, trained in before.items():
            weight.grad = None
            weight.requires_grad_(trained)


def norm(tensors: Iterable[torch.Tensor | None]) -> float:
    """Euclidean norm of all numbers of these tensors; one that is None counts as zeros."""
    return math.sqrt(
        sum(float(t.detach().float().square().sum()) for t in tensors if t is not None)
    )


def first_trained(network: Any, names: Iterable[str]) -> int:
    """The lowest decoder layer whose output a step can change: the layers below it give the same
    states in every epoch.

    The number of layers when only what follows them is trained (a head, the final norm, an output
    matrix of its own); 0 when something before them is trained, or something of which it is not
    known where it works.
    """
    place, layers = stack(network)
    own = {name: id(weight) for name, weight in network.named_parameters(remove_duplicate=False)}
    lowest, outside = len(layers), []
    for name in names:
        if name.startswith(f"{place}."):
            lowest = min(lowest, int(name[len(place) + 1 :].partition(".")[0]))
        elif name in own:
            outside.append(own[name])
        elif not name.startswith(HEAD):
            return 0
    return lowest if not outside or set(outside) <= _after(network, layers) else 0


@torch.no_grad()
def _after(network: Any, layers: torch.nn.ModuleList) -> set[int]:
    """Ids of the parameters that are used only after the last layer, found by running the network
    on two tokens."""
    inside = {id(module) for module in layers.modules()}
    called: dict[bool, set[int]] = {False: set(), True: set()}
    through = False

    def note(module: torch.nn.Module, *_: Any) -> None:
        called[through].update(id(weight) for weight in module.parameters(recurse=False))

    def last(*_: Any) -> None:
        nonlocal through
        through = True

    hooks = [m.register_forward_pre_hook(note) for m in network.modules() if id(m) not in inside]
    hooks.append(layers[-1].register_forward_hook(last))
    try:
        network(
            input_ids=torch.zeros(1, 2, dtype=torch.long, device=network.device), use_cache=False
        )
    finally:
        for hook in hooks:
            hook.remove()
    return called[True] - called[False]
