"""Frozen linear layers, with and without LoRA, as one product forward and one backward.

How       Forward is y = [x, u] [W, sB]^T with u = x A^T, backward dx = [g, v] [W^T, A^T]^T with v =
          g sB: one large product each, which rounds once. Beside a base in bf16 that matters: where
          the two parts are rounded by themselves and then added, what LoRA says below half a unit
          in the last place of the base's output is lost. Layers that read the same states (query,
          key, value; gate and up) are one layer. Both products read one matrix, [[W, sB], [A, 0]];
          only LoRA's parts of it are written anew.
Memory    the frozen matrices stand in that matrix alone while training: the base's own weights are
          views of it, and get their own memory back at the end (`release`)
Source    Hu et al. (2021), LoRA, arxiv.org/abs/2106.09685
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch


class Product(torch.autograd.Function):
    """(..., in) -> (..., out), with gradients for x and for each A and B; those of A and B in their
    own type.

    `both` is [[W, sB], [A, 0]], (out + rank, in + rank): its upper rows are the matrix forward, its
    left columns that of the way back. `ab` are the As and then the Bs of the layers that are
    computed together: their outputs and their ranks lie side by side.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        both: torch.Tensor,
        bias: torch.Tensor | None,
        scales: tuple[float, ...],
        *ab: torch.Tensor,
    ) -> torch.Tensor:
        flat, rank = x.reshape(-1, x.shape[-1]), sum(len(a) for a in ab[: len(scales)])
        out, width = both.shape[0] - rank, x.shape[-1]
        u = flat @ both[out:, :width].t()
        y = torch.cat([flat, u], 1) @ both[:out].t()
        if bias is not None:
            y = y + bias
        ctx.save_for_backward(flat, u, both)
        ctx.scales = scales
        ctx.sizes = [len(a) for a in ab[: len(scales)]], [len(b) for b in ab[len(scales) :]]
        ctx.types = [t.dtype for t in ab]
        return y.view(*x.shape[:-1], out)

    @staticmethod
    # torch: *grad_outputs
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:  # pyrefly: ignore[bad-override]
        x, u, both = ctx.saved_tensors
        width = x.shape[1]
        g = grad.reshape(-1, grad.shape[-1])
        v = g @ both[: g.shape[1], width:]
        dx = torch.cat([g, v], 1) @ both[:, :width]
        da, db = v.t() @ x, g.t() @ u
        out, rank, das, dbs = 0, 0, [], []
        for a, b, scale in zip(*ctx.sizes, ctx.scales, strict=True):
            das.append(da[rank : rank + a])
            dbs.append(db[out : out + b, rank : rank + a] * scale)
            rank, out = rank + a, out + b
        found = [t.to(kind) for t, kind in zip(das + dbs, ctx.types, strict=True)]
        return dx.view(*grad.shape[:-1], width), None, None, None, *found


def fits(layer: Any) -> bool:
    """Whether a PEFT LoRA layer can be fused: one adapter on a plain linear layer, no dropout, no
    variant (DoRA), frozen base."""
    names = layer.active_adapters
    return (
        type(layer.base_layer) is torch.nn.Linear
        and len(names) == 1
        and names[0] in layer.lora_A
        and not layer.lora_variant
        and not layer.disable_adapters
        and not layer.merged
        and isinstance(layer.lora_dropout[names[0]], torch.nn.Identity)
        and not layer.lora_bias.get(names[0], False)
        and not layer.base_layer.weight.requires_grad
    )


class Together(torch.nn.Module):
    """PEFT LoRA layers that `fit` and read the same states; the parameters are PEFT's own."""

    bias: torch.Tensor | None

    def __init__(self, layers: list[Any]):
        super().__init__()
        names = [layer.active_adapters[0] for layer in layers]
        self.a = [layer.lora_A[name].weight for layer, name in zip(layers, names, strict=True)]
        self.b = [layer.lora_B[name].weight for layer, name in zip(layers, names, strict=True)]
        self.scales = tuple(
            float(layer.scaling[name]) for layer, name in zip(layers, names, strict=True)
        )
        self.sizes = [len(b) for b in self.b]
        weights = [layer.base_layer.weight for layer in layers]
        self.weights = weights  # in a list: they are no part of this one
        out, rank, width = sum(self.sizes), sum(len(a) for a in self.a), weights[0].shape[1]
        both = weights[0].detach().new_zeros(out + rank, width + rank)
        self.both = torch.nn.Buffer(both, persistent=False)
        row = 0
        for weight in weights:
            own = self.both[row : row + len(weight), :width]
            own.copy_(weight.detach())
            weight.data = own
            row += len(weight)
        biases = [layer.base_layer.bias for layer in layers]
        parts = [
            both.new_zeros(n) if part is None else part.detach()
            for part, n in zip(biases, self.sizes, strict=True)
        ]
        some = any(part is not None for part in biases)
        self.register_buffer("bias", torch.cat(parts) if some else None, persistent=False)
        # the states last read, and the outputs that nobody has asked for yet
        self.read: torch.Tensor | None = None
        self.ready: dict[int, torch.Tensor] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Together:
        """One that computes the same and gives nothing back: the base's weights stay with this
        one."""
        made = Together.__new__(Together)
        torch.nn.Module.__init__(made)
        made.a, made.b, made.scales, made.sizes = self.a, self.b, self.scales, self.sizes
        made.weights, made.read, made.ready = [], None, {}
        made.both = torch.nn.Buffer(copy.deepcopy(self.both, memo), persistent=False)
        made.register_buffer("bias", copy.deepcopy(self.bias, memo), persistent=False)
        return made

    def release(self) -> None:
        """Give the base's weights memory of their own, in place of this matrix; it computes nothing
        any more."""
        for weight in self.weights:
            weight.data = weight.data.contiguous()
        del self.both

    @torch.no_grad()
    def refresh(self) -> None:
        """Take over what the last step has changed."""
        out, rank = sum(self.sizes), sum(len(a) for a in self.a)
        width, row, column = self.both.shape[1] - rank, 0, 0
        for a, b, scale in zip(self.a, self.b, self.scales, strict=True):
            self.both[out + column : out + column + len(a), :width] = a
            torch.mul(
                b,
                scale,
                out=self.both[row : row + len(b), width + column : width + column + len(a)],
            )
            row, column = row + len(b), column + len(a)

    def product(self, x: torch.Tensor) -> torch.Tensor:
        return Product.apply(x, self.both, self.bias, self.scales, *self.a, *self.b)

    def output(self, index: int, x: torch.Tensor) -> torch.Tensor:
        """What layer `index` gives for x. The first that asks has all of them computed."""
        if self.read is not x or index not in self.ready:
            # No views of one tensor: Gemma 3n changes what a layer gives in place. Nothing reads
            # the whole.
            parts = torch.unsafe_split_with_sizes(self.product(x), self.sizes, -1)
            self.read, self.ready = x, dict(enumerate(parts))
        found = self.ready.pop(index)
        if not self.ready:
            self.read = None
        return found


class FusedLora(torch.nn.Module):
    """Stands in for one PEFT LoRA layer."""

    def __init__(self, together: Together, index: int, layer: Any):
        super().__init__()
        self.together, self.index = together, index
        self._layer = (layer,)  # in a tuple: it is no part of this one

    def __deepcopy__(self, memo: dict[int, Any]) -> FusedLora:
        return FusedLora(copy.deepcopy(self.together, memo), self.index, self._layer[0])

    def __getattr__(self, name: str) -> Any:
        """What the model reads of the layer itself: the type of its weight (Hunyuan's routers), its
        bias (Zamba 2)."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if "_layer" not in self.__dict__:  # it is not built yet
                raise
            return getattr(self._layer[0], name)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.together.output(self.index, x)


def together(network: Any, layers: Iterable[Any]) -> list[list[Any]]:
    """Which of the `layers` read the same states: seen in a pass over two tokens."""
    readers: dict[int, list[Any]] = {}
    kept = []  # while a tensor lives, no other has its identity

    def see(layer: Any, given: tuple[torch.Tensor, ...]) -> None:
        kept.append(given[0])
        same = readers.setdefault(id(given[0]), [])
        if layer not in same:
            same.append(layer)

    hooks = [layer.register_forward_pre_hook(see) for layer in layers]
    was = network.training
    network.eval()
    try:
        with torch.no_grad():
            network.base_model(
                input_ids=torch.zeros(1, 2, dtype=torch.long, device=network.device),
                use_cache=False,
            )
    finally:
        network.train(was)
        for hook in hooks:
            hook.remove()
    return list(readers.values())
