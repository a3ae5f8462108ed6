"""Linear layers whose weights are kept in 8 or 4 bits and computed with as they are: nothing else
is rounded.

8 bits           one scale a row (an output): w = code x scale, codes from -127 to 127. Dettmers et
                 al. (2022), LLM.int8(), arxiv.org/abs/2208.07339, section 2.1, without rounding
                 what goes into the layer
4 bits           NF4: sixteen values at quantiles of a normal distribution, and a scale for every 64
                 weights of a row. Dettmers et al. (2023), QLoRA, arxiv.org/abs/2305.14314, appendix
                 E
Scales           are bf16, rounded before the codes are made, so that a code times its scale is what
                 is computed
Speed            on a processor a few rows at 8 bits go through torch's own kernel, which reads half
                 of the bytes; more rows than that, and all at 4 bits, are multiplied by the weights
                 written out
Why not          bitsandbytes' and torchao's layers for 8 bits: on a processor with AMX they took
                 1.2 to 12 times as long for a matrix of SmolLM2, at any number of rows
                 (docs/shrink.md). Theirs are no plain tensors in a file either, and no copy in fp32
                 can be made of them, by which close scores are decided
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn.functional import linear

from assay.core.errors import Problem, TrainError
from assay.training.adapters.merge import plain_linear

# rows: up to FEW go through the kernel for 8 bits; from MANY on the weights are scaled, not sums
FEW, MANY = 4, 1024
GROUP = 64  # weights that share a scale at 4 bits
NARROW = 16  # a layer whose width has no common divisor with GROUP of this size stays as it is
# The values of NF4, as bitsandbytes writes them (`functional.py`, create_normal_map).
NF4 = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
    0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip


class Eight(torch.nn.Module):
    """`codes` int8 (out, in), `scale` bf16 (out, 1)."""

    def __init__(self, codes: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        self.register_buffer("codes", codes)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", bias)

    codes: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor | None

    @classmethod
    def of(cls, weight: torch.Tensor, bias: torch.Tensor | None) -> Eight:
        """Of a weight (out, in) in any type."""
        wide = weight.detach().float()
        scale = _scale(wide.abs().amax(1, keepdim=True) / 127)
        codes = (wide / scale.float()).round().clamp(-127, 127).to(torch.int8)
        return cls(codes, scale, bias)

    def weight(self, dtype: torch.dtype) -> torch.Tensor:
        """What products are made with, (out, in)."""
        return self.codes.to(dtype) * self.scale.to(dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, scale = x.numel() // x.shape[-1], self.scale.to(x.dtype)
        if rows <= FEW and x.dtype == torch.bfloat16 and x.device.type == "cpu":
            flat = x.reshape(rows, -1).contiguous()
            out = torch.ops.aten._weight_int8pack_mm(flat, self.codes, scale[:, 0]).view(
                *x.shape[:-1], -1
            )
        elif rows < MANY:
            out = linear(x, self.codes.to(x.dtype)) * scale[:, 0]
        else:
            out = linear(x, self.weight(x.dtype))
        return out if self.bias is None else out + self.bias


class Four(torch.nn.Module):
    """`codes` uint8 (out, in / 2), the earlier weight in the lower half of a byte; `scale` bf16
    (out, groups, 1)."""

    def __init__(self, codes: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None):
        super().__init__()
        self.register_buffer("codes", codes)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", bias)
        self._tables: dict[torch.dtype, torch.Tensor] = {}

    codes: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor | None

    @classmethod
    def of(cls, weight: torch.Tensor, bias: torch.Tensor | None) -> Four:
        """Of a weight (out, in) in any type. Its width has a divisor of NARROW or more in common
        with GROUP."""
        wide = weight.detach().float()
        groups = wide.view(len(wide), -1, math.gcd(wide.shape[1], GROUP))
        scale = _scale(groups.abs().amax(2, keepdim=True))
        values = torch.tensor(NF4, device=wide.device)
        # A value goes to the nearest of the sixteen: bounds lie in the middle between two.
        nearest = torch.bucketize(
            (groups / scale.float()).view_as(wide), (values[1:] + values[:-1]) / 2
        )
        nearest = nearest.to(torch.uint8)
        return cls(nearest[:, ::2] | (nearest[:, 1::2] << 4), scale, bias)

    def weight(self, dtype: torch.dtype) -> torch.Tensor:
        """What products are made with, (out, in)."""
        pairs = self._pairs(dtype).index_select(0, self.codes.flatten().int()).view(dtype)
        return (pairs.view(*self.scale.shape[:2], -1) * self.scale.to(dtype)).flatten(1)

    def _pairs(self, dtype: torch.dtype) -> torch.Tensor:
        """For each byte its two values, side by side in one integer: they are looked up together.
        (256,)"""
        if dtype not in self._tables:
            values = torch.tensor(NF4, dtype=dtype, device=self.codes.device)
            both = torch.stack([values.repeat(16), values.repeat_interleave(16)], 1).contiguous()
            kinds = {2: torch.int32, 4: torch.int64}
            self._tables[dtype] = both.view(kinds[dtype.itemsize]).flatten()
        return self._tables[dtype]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return linear(x, self.weight(x.dtype), self.bias)


def _scale(largest: torch.Tensor) -> torch.Tensor:
    """As bf16; rows of zeros get 1, so that nothing is divided by 0."""
    return torch.where(largest > 0, largest, 1.0).to(torch.bfloat16)


KINDS: dict[int, type[Eight] | type[Four]] = {8: Eight, 4: Four}


def round_layers(network: Any, bits: int) -> int:
    """Put every linear layer but the output layer into `bits`, in place. Returns how many there
    were.

    Raises:
        TrainError: T024, there is no layer that can be.
    """
    head = network.get_output_embeddings()
    # Names, not modules: a list of modules would keep all of them alive.
    names = [
        name for name, part in network.named_modules() if fits(part, bits) and part is not head
    ]
    if not names:
        text = (
            f"bits: {bits} is for linear layers that keep their weights as (out, in), and this"
            " model has none"
        )
        raise TrainError(Problem("T024", text, "bits", help="leave quantise out"))
    for name in names:
        old = network.get_submodule(name)
        put(network, name, KINDS[bits].of(old.weight, old.bias))
    return len(names)


def write_out(network: Any) -> None:
    """Put plain linear layers in fp32 in the place of rounded ones: the same products, and nothing
    that only assay knows."""
    for name in [name for name, part in network.named_modules() if isinstance(part, Eight | Four)]:
        layer = network.get_submodule(name)
        put(network, name, plain_linear(layer.weight(torch.float32), layer.bias, torch.float32))


def fits(part: torch.nn.Module, bits: int) -> bool:
    if type(part) is not torch.nn.Linear:
        return False
    return bits == 8 or math.gcd(part.in_features, GROUP) >= NARROW


def put(network: Any, name: str, layer: torch.nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, layer.eval())


def count_weight_bytes(network: Any) -> int:
    """Bytes of all weights and codes; a matrix that is used twice counts once."""
    parts = {t.data_ptr(): t.nbytes for t in (*network.parameters(), *network.buffers())}
    return sum(parts.values())
