"""The adapter alone, in PEFT's own files, with the tokenizer: what
`AutoPeftModelForCausalLM.from_pretrained` loads.

Watch out   an adapter is worth nothing without its base. One from the hub is named with its commit;
            one that is on no hub is named by its folder, and may be written beside the adapter
            An adapter trained on a base in 4 or 8 bits belongs to the rounded weights. Written
            beside it, the base has these, in full precision; else whoever loads it has to quantise
            in the same way
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.core import store
from assay.core.errors import Problem
from assay.core.types import Tell
from assay.deployment.export.formats.model_folder import (
    loading,
    write_beside,
    write_network,
    write_tokenizer,
)
from assay.deployment.export.formats.plain_transformers import Plain, dtype_of, generation
from assay.deployment.export.formats.source import (
    ExportSource,
    Format,
    find_refusal,
    require_prompted,
    sample_turns,
)

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BITS = "base_bits.json"  # how the base is to be quantised, for an adapter of a quantised one
BASE = "base"
SOFT = ("PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING")  # stand before the prompt


def with_base(source: ExportSource) -> bool:
    """Where nothing was said, only the rounded base of a quantised arm is written: nobody else has
    it."""
    return bool(source.bits) if source.wish.with_base is None else source.wish.with_base


def refuses(source: ExportSource) -> Iterator[Problem]:
    if problem := find_refusal(source):
        yield problem
    elif not (source.folder / CONFIG).is_file():
        text = (
            f"{source.kind} leaves no adapter in PEFT's form: what it trained is in the weights"
            " themselves"
        )
        yield Problem("C142", text, source.name, help="take --to merged")


def size(source: ExportSource) -> int:
    own = sum(path.stat().st_size for path in source.folder.glob("adapter_*"))
    base = sum(path.stat().st_size for path in source.base.folder.glob("*.safetensors"))
    return own + (64 << 20) + (2 * base if with_base(source) else 0)


def write(source: ExportSource, folder: Path, tell: Tell) -> tuple[str, ...]:
    arm = require_prompted(source.open(), source.name)
    config = store.read_json(source.folder / CONFIG)
    load = "model = AutoPeftModelForCausalLM.from_pretrained(folder)"
    notes = [loading("from peft import AutoPeftModelForCausalLM", load, sample_turns(arm))]
    if with_base(source):
        tell({"event": "note", "text": "the base is written beside the adapter"})
        (folder / BASE).mkdir()
        write_base(source, folder / BASE)
        write_tokenizer(source.base, folder / BASE)
        config |= {"base_model_name_or_path": str(source.out / BASE), "revision": None}
        notes.append(
            f"The base is in `{BASE}/`. `adapter_config.json` names it by its"
            f" whole path, {source.out / BASE}: write the new one there after the folder was moved."
        )
    elif source.base.hub is None:
        notes.append(
            f"The base, {source.base.name}, is on no hub: `adapter_config.json` names"
            f" its folder on the machine that wrote this, {config['base_model_name_or_path']}. To"
            " take the adapter elsewhere, export it anew with `--with-base`, or take `--to merged`."
        )
    if source.bits and not with_base(source):
        store.write_json(folder / BITS, quantisation(source))
        notes.append(
            f"The adapter was trained on a base in {source.bits} bits. Load the"
            f" base so too: `quantization_config=BitsAndBytesConfig(**json.load(open('{BITS}')))`."
            " On the base as it is, it answers somewhat differently."
        )
    store.write_json(folder / CONFIG, config)
    store.write_bytes(folder / WEIGHTS, (source.folder / WEIGHTS).read_bytes())
    write_beside(source, arm, folder)
    return tuple(notes)


def write_base(source: ExportSource, folder: Path) -> None:
    """The base, with the weights that the adapter was trained on: of a quantised one, what its
    codes stand for."""
    from assay.deployment.export.formats.merged import bare

    write_network(folder, bare(source), dtype_of(source.wish.precision))


def quantisation(source: ExportSource) -> dict[str, Any]:
    """Arguments of transformers' `BitsAndBytesConfig`."""
    if source.bits == 8:
        return {"load_in_8bit": True}
    told = source.strategy.model_dump()
    kind = told.get("quant") or "nf4"
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": kind,
        "bnb_4bit_use_double_quant": bool(told.get("double")),
        "bnb_4bit_compute_dtype": "float32",
    }


def open_adapter(folder: Path) -> Plain:
    """The adapter on its base: the one beside it, which the path in its config leads to once the
    folder has its place, or the one that its config names."""
    import torch
    from peft import AutoPeftModelForCausalLM, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

    from assay.models.device import device, quiet

    quiet()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    config = store.read_json(folder / CONFIG)
    padded = config["peft_type"] not in SOFT
    if (folder / BASE).is_dir():
        base: Any = AutoModelForCausalLM.from_pretrained(
            folder / BASE, dtype=torch.float32, local_files_only=True
        )
        network: Any = PeftModel.from_pretrained(base.to(device()), folder)
        return Plain(network, tokenizer, generation(folder), padded=padded)
    more: dict[str, Any] = {"revision": config.get("revision")}
    if (folder / BITS).exists():
        more["quantization_config"] = BitsAndBytesConfig(**store.read_json(folder / BITS))
    network = AutoPeftModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, **more
    )
    network = network if "quantization_config" in more else network.to(device())
    return Plain(network, tokenizer, generation(folder), padded=padded)


PEFT = Format(
    name="peft",
    about="the adapter alone, as AutoPeftModelForCausalLM loads it",
    refuses=refuses,
    size=size,
    write=write,
    runtime="transformers and PEFT",
    opened=open_adapter,
    limit=0.995,
)
