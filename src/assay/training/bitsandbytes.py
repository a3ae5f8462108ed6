"""A base whose linear layers are kept in 4 or 8 bits, through bitsandbytes, on a processor as on a
graphics card.

How              layer by layer in place, so that at most one layer is there twice; embeddings and
                 the output layer stay as they are. Products are made with the dequantised weights,
                 forward and backward.
Source           Dettmers et al. (2023), QLoRA: Efficient Finetuning of Quantized LLMs,
                 arxiv.org/abs/2305.14314 (NF4, double quantisation); Dettmers et al. (2022),
                 LLM.int8(), arxiv.org/abs/2208.07339 (int8 by rows)
Watch out        bitsandbytes has other ways through a layer in evaluation. They are switched off
                 here, so that a model is evaluated as it was trained: on a processor with AVX-512
                 bf16 a 4-bit layer would be packed anew, constants rounded, and stay so in
                 training; an 8-bit one would round its input to 8 bits as well
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from assay.core.errors import Problem, TrainError


class Saved(NamedTuple):
    layers: int
    before: int  # bytes of their weights
    after: int

    def __str__(self) -> str:
        return (
            f"{self.layers} layers: {self.after / 1e6:,.1f} instead of {self.before / 1e6:,.1f} MB"
        )


def quantise(network: Any, bits: int, *, quant: str = "nf4", double: bool = False) -> Saved:
    """Replace every linear layer but the output layer.

    Args:
        bits: 4 or 8.
        quant: how 4 bits are coded: "nf4" or "fp4", in blocks of 64 with one fp32 constant each.
        double: these constants are kept in 8 bits themselves, in blocks of 256.

    Raises:
        TrainError: T022, bitsandbytes is not installed; T024, there is no layer that can be
            quantised.
    """
    bnb = _bitsandbytes(bits)
    head = network.get_output_embeddings()
    # Names, not modules: a list of modules would keep all of them alive.
    names = [
        name
        for name, part in network.named_modules()
        if type(part) is torch.nn.Linear and part is not head
    ]
    if not names:
        text = (
            f"bits: {bits} is for linear layers that keep their weights as (out, in), and this"
            " model has none"
        )
        raise TrainError(Problem("T024", text, "bits", help="set bits: 0"))
    before = after = 0
    for name in names:
        parent, _, own = name.rpartition(".")
        old = network.get_submodule(name)
        before += old.weight.nbytes
        new = _four(bnb, old, quant, double) if bits == 4 else _eight(bnb, old)
        setattr(network.get_submodule(parent), own, new)
        after += weight_bytes(new)
        del old
    # What stays may be a view into the file it was loaded from, which would stay in memory with it.
    for parameter in network.parameters():
        if type(parameter) is torch.nn.Parameter:
            parameter.data = parameter.data.clone()
    # The marks of transformers' own quantised models, by which PEFT chooses its layers.
    network.is_loaded_in_4bit, network.is_loaded_in_8bit = bits == 4, bits == 8
    return Saved(len(names), before, after)


def _bitsandbytes(bits: int) -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        text = f"bits: {bits} needs the package bitsandbytes, which is not installed"
        raise TrainError(
            Problem("T022", text, "bits", help="pip install 'assay[quant]', or set bits: 0")
        )
    # On import it advises a package that would fetch compiled code from a hub.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    return importlib.import_module("bitsandbytes")


def weight_bytes(layer: Any) -> int:
    """What the weights of a quantised layer take: codes, constants, tables."""
    return sum(tensor.nbytes for tensor in _parts(layer))


def _four(bnb: Any, old: torch.nn.Linear, quant: str, double: bool) -> torch.nn.Module:
    dtype, device = old.weight.dtype, old.weight.device
    # "meta": the constructor would fill a full-sized weight with random numbers first.
    new = bnb.nn.Linear4bit(
        old.in_features,
        old.out_features,
        False,
        dtype,
        compress_statistics=double,
        quant_type=quant,
        device="meta",
    )
    codes = bnb.nn.Params4bit(
        old.weight.data, False, compress_statistics=double, quant_type=quant, module=new
    )
    new.weight = codes.to(device)
    new.bias = old.bias
    new.support_avx512bf16_for_cpu = False
    return new.train(old.training)


def _eight(bnb: Any, old: torch.nn.Linear) -> torch.nn.Module:
    class Linear8(bnb.nn.Linear8bitLt):
        """Computes in evaluation as in training: on a processor with the input as it is."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            # PEFT's DoRA makes the parameter anew for each forward pass, then without its scale.
            if self.weight.SCB is not None:
                self.init_8bit_state()
            self.state.is_training = True
            return bnb.matmul(x, self.weight, bias=self.bias, state=self.state)

    # The threshold is for graphics cards, where inputs are in 8 bits too: larger ones than that are
    # not.
    new = Linear8(
        old.in_features,
        old.out_features,
        False,
        has_fp16_weights=False,
        threshold=6.0,
        device="meta",
    )
    # bitsandbytes quantises on the way from the processor's memory only.
    new.weight = bnb.nn.Int8Params(old.weight.data.cpu(), False, has_fp16_weights=False).to(
        old.weight.device
    )
    new.bias = old.bias
    return new.train(old.training)


def _parts(layer: Any) -> Iterator[torch.Tensor]:
    weight = layer.weight
    yield weight.data
    if weight.data.dtype == torch.int8:
        scale = weight.SCB if weight.SCB is not None else layer.state.SCB
        yield scale
        return
    state = weight.quant_state
    yield from (state.absmax, state.code)
    if state.nested:
        yield from (state.offset, state.state2.absmax, state.state2.code)
