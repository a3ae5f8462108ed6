"""The arm as a model of its own: what was trained is in the weights, and `AutoModelForCausalLM`
loads the folder.

Watch out   twice the size of the base's files in fp32; in bf16 (`--precision bf16`) the rounding of
            the sums is part of the model, and some answers may be others: the check says how many
            An arm that `quantise` made smaller has its rounded weights here, written out in full:
            the same answers, and a file as large as any other; in 8 bits again as `gguf-q8_0`
            A base that was trained in 4 or 8 bits is merged into what its codes stand for, which is
            what was measured; `--into original` merges into the weights as they were, and its
            figures are those of another model
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.core.errors import Problem
from assay.core.store import read_json
from assay.core.types import Tell
from assay.deployment.export.formats.model_folder import loading, write_beside, write_network
from assay.deployment.export.formats.plain_transformers import dtype_of, open_model
from assay.deployment.export.formats.source import (
    ExportSource,
    Format,
    Merged,
    chat_model,
    find_refusal,
    require_prompted,
    sample_turns,
)
from assay.models.loading.safetensors_header import tensors_of

ROOM = 64 << 20  # bytes: tokenizer, card and what a file system takes beside


def refuses(source: ExportSource) -> Iterator[Problem]:
    from assay.training.settings import Trained

    strategy = source.strategy
    if problem := find_refusal(source):
        yield problem
    elif isinstance(strategy, Trained) and not strategy.mergeable:
        way = (
            "take --to peft"
            if (source.folder / "adapter_config.json").exists()
            else "train lora, dora or full"
        )
        text = f"{source.kind} cannot be merged: {strategy.unmergeable}"
        yield Problem("C142", text, source.name, help=way)


def plain(source: ExportSource, *, lean: bool = False) -> Merged:
    """The arm's network without anything of PEFT's or bitsandbytes' in it: all that was trained is
    in its weights, which are freshly made. In fp32, or where `lean` in bf16: each layer's sum is
    rounded as soon as it is made.

    Raises:
        ModelError: M100, the arm has no model that writes; those of merging.
    """
    import torch

    from assay.strategies.compression.merged_arm import beside_full
    from assay.strategies.compression.quantised_linear import write_out
    from assay.training.adapters.merge import merge

    strategy = beside_full(source.strategy) if source.wish.into == "original" else source.strategy
    given = source.lesson("bf16" if lean else "fp32")
    arm = require_prompted(strategy.restore(source.folder, given), source.name)
    model = chat_model(arm)
    write_out(model.network)
    merge(model.network, torch.bfloat16 if lean else torch.float32)
    model.forget()
    return Merged(arm, model)


def is_lean(source: ExportSource) -> bool:
    """Whether the weights in bf16 come out bit for bit the same when the whole network is never
    there in fp32, which takes twice the memory: the base's files hold bf16, and nothing but an
    adapter or whole weights is put into them."""
    from assay.strategies.compression.compressed_arm import Shrink
    from assay.training.settings import Trained

    if source.wish.precision == "fp32" or source.bits or isinstance(source.strategy, Shrink):
        return False
    files = source.base.folder.glob("*.safetensors")
    kinds = {tensor.dtype for file in files for tensor in tensors_of(file).values()}
    return isinstance(source.strategy, Trained) and kinds == {"BF16"}


def bare(source: ExportSource) -> Any:
    """The base's network as the adapter was trained on it, in fp32: of a quantised one, what its
    codes stand for."""
    import torch

    from assay.training.adapters.merge import merge
    from assay.training.bitsandbytes import quantise

    model: Any = source.lesson("fp32").open_base(source.base.name)
    if source.bits:
        told = source.strategy.model_dump()
        quantise(
            model.network,
            source.bits,
            quant=told.get("quant") or "nf4",
            double=bool(told.get("double")),
        )
    merge(model.network, torch.float32)
    return model.network


def size(source: ExportSource) -> int:
    """Weights in the files of a base are in 16 bits or more."""
    base = sum(path.stat().st_size for path in source.base.folder.glob("*.safetensors"))
    return ROOM + (2 * base if source.wish.precision == "fp32" else base)


def write_model(source: ExportSource, folder: Path) -> Merged:
    """The arm's merged model in the precision that was wished: what `AutoModelForCausalLM` loads,
    and what converters to other formats read.

    Raises:
        ModelError: as `plain`; M102, as `same_tokens`.
    """
    merged = plain(source, lean=is_lean(source))
    write_network(folder, merged.network, dtype_of(source.wish.precision))
    write_beside(source, merged.arm, folder)
    return merged


def write(source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    from assay.strategies.compression.compressed_arm import Shrink
    from assay.strategies.compression.quantise import Quantise

    model = write_model(source, folder)
    load = "model = AutoModelForCausalLM.from_pretrained(folder)"
    notes = [
        loading("from transformers import AutoModelForCausalLM", load, sample_turns(model.arm)),
        f"The weights are in {source.wish.precision}.",
    ]
    notes += (
        read_json(source.folder / "note.json")["notes"]
        if isinstance(source.strategy, Shrink)
        else []
    )
    if isinstance(source.strategy, Quantise):
        notes.append(
            "The rounded weights are written out in full here: they compute the same, in a"
            " larger file."
        )
    if source.bits:
        what = (
            "what the codes of the base stood for"
            if source.wish.into == "dequantised"
            else "the base as it was"
        )
        notes.append(
            f"It was trained beside a base in {source.bits} bits, and is merged into {what}."
        )
    return tuple(notes)


MERGED = Format(
    name="merged",
    about="a whole model, as AutoModelForCausalLM loads it",
    refuses=refuses,
    size=size,
    write=write,
    runtime="transformers",
    opened=open_model,
    limit=0.995,
)
