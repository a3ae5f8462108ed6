"""What makes training faster and changes nothing that is learnt: fused LoRA layers, compiled
layers.

`faster(network, ...)` swaps modules inside the block and puts the originals back. Evaluation inside
it goes through `asking()`, where compiled layers run as they are written: other shapes would be
compiled anew.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

import torch

from assay.models.environment import cxx
from assay.models.inference import tree_attention

# Computed tokens x weights from which compiling pays: 10 s of compiling against a quarter of the
# time at about 6e10 a second (2 cores with AMX).
WORTH = 4e12


def compiles(mode: Literal["auto", "always", "never"], work: float) -> bool:
    """Whether to compile a run of `work` computed tokens x weights. A function of the run and the
    machine, not of a clock, so that a resumed run decides as it did before."""
    return mode == "always" or (mode == "auto" and work >= WORTH and bool(cxx()))


@contextmanager
def faster(network: Any, *, compiled: bool) -> Generator[None]:
    """Inside the block, LoRA layers that allow it are fused, and the decoder layers are compiled
    where asked for."""
    from peft.tuners.lora import Linear

    from assay.training.decoder_layers import decoder_layers
    from assay.training.fused_linear import FusedLora, Together, fits, together

    swapped: list[tuple[torch.nn.Module, str, torch.nn.Module]] = []

    def swap(parent: torch.nn.Module, name: str, new: torch.nn.Module) -> None:
        swapped.append((parent, name, parent.get_submodule(name)))
        parent.set_submodule(name, new)

    places = {
        child: (parent, name)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, Linear) and fits(child)
    }
    fused = []
    for layers in together(network, places) if places else ():
        fused.append(Together(layers))
        for index, layer in enumerate(layers):
            swap(*places[layer], FusedLora(fused[-1], index, layer))

    def refresh(*_: Any) -> None:
        for layer in fused:
            layer.refresh()

    hooks = [network.base_model.register_forward_pre_hook(refresh)]
    if compiled:
        # Else the first layer, whose input needs no gradient, would be compiled for itself: 8 s
        # against a thirtieth of a backward pass.
        hooks.append(network.get_input_embeddings().register_forward_hook(require_gradient))
        # The compiler must not look into the attention function: it stops there and goes on behind
        # it.
        tree_attention.register(torch.compiler.disable(tree_attention.attend))
        for name, layer in decoder_layers(network):
            parent, _, last = name.rpartition(".")
            compiled_layer: Any = torch.compile(layer, dynamic=True)
            swap(network.get_submodule(parent), last, compiled_layer)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for parent, name, old in reversed(swapped):
            parent.set_submodule(name, old)
        for layer in fused:
            layer.release()


def require_gradient(_: Any, __: Any, states: torch.Tensor) -> None:
    """The states get a gradient."""
    if torch.is_grad_enabled():
        states.requires_grad_()


@contextmanager
def asking(compiled: bool) -> Generator[None]:
    """Compiled layers run as they are written inside the block."""
    if not compiled:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
