"""GGUF in four to eight bits: which tensor gets which type by llama.cpp's recipe Q4_K_M, and the
file written anew.

How       The matrix that gives the logits in Q6_K; values and the second feed-forward matrix of
          half the layers in Q6_K; other matrices in Q4_K; vectors as they are. The types of
          K-quants hold 256 values of a row at once: where a row is no multiple of that, Q4_K
          becomes Q5_0 and Q6_K becomes Q8_0, as in llama.cpp, and it is told
Watch out a narrow model (576 wide) has hardly a matrix in four bits then: look at the table, not at
          the file's name
Source    llama.cpp, src/llama-quant.cpp, `llama_tensor_get_type` and `tensor_type_fallback`; the
          arithmetic is that of ggml's reference kernels, from the package libgguf
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core import store

RECIPE = 15  # llama.cpp's number of Q4_K_M, under general.file_type
INSTEAD = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}  # where rows are no multiple of 256
WIDE, NARROW = 256, 32  # values of a row that the types of K-quants, and the others, hold at once
# Matrices that stay as they are, by a part of their names.
KEPT = ("_norm.weight", "ffn_gate_inp.weight", "pos", "token_types.weight", "ssm_conv1d",
    "shortconv", "time_mix_",
        "attn_rel_b.weight", "altup", "laurel")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """One tensor's type in the new file. `meant` is the recipe's, which a narrow row does not
    allow."""

    name: str
    shape: tuple[int, ...]  # the row's length first
    kind: str
    meant: str


def more_bits(layer: int, layers: int) -> bool:
    """Whether a layer's values and second feed-forward matrix are kept in more bits: the first and
    last eighth, and every third one between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def cast(
    name: str, shape: tuple[int, ...], kind: str, *, layers: int, experts: int, tied: bool
) -> Cast:
    """The type of one tensor by the recipe.

    Args:
        kind: that it has now. tied: the matrix of the embeddings gives the logits, too.
    """
    if len(shape) < 2 or not name.endswith("weight") or any(part in name for part in KEPT):
        return Cast(name, shape, kind, kind)
    meant, layer = "Q4_K", int(name.split(".")[1]) if name.startswith("blk.") else 0
    if name == "output.weight" or (tied and name == "token_embd.weight"):
        meant = "Q6_K" if shape[0] % WIDE == 0 else "Q8_0"
    elif name.endswith("attn_qkv.weight"):
        meant = "Q5_K"
    elif experts == 8 and name.endswith(("attn_v.weight", "attn_k.weight")):
        meant = "Q8_0"
    elif experts == 8 and name.endswith("attn_output.weight"):
        meant = "Q5_K"
    elif name.endswith(("attn_v.weight", "ffn_down.weight", "ffn_down_exps.weight")) and more_bits(
        layer, layers
    ):
        meant = "Q6_K"
    chosen = meant
    if shape[0] % WIDE and chosen in INSTEAD:
        chosen = INSTEAD[chosen]
    if shape[0] % NARROW:
        chosen = "F16"
    wish = "Q6_K" if meant == "Q8_0" and experts != 8 else meant
    return Cast(name, shape, chosen, wish)


def requantise(source: Path, file: Path) -> list[Cast]:
    """Write the GGUF file `source` (in f32, f16 or bf16) as `file`, by the recipe Q4_K_M; what each
    tensor became.

    Memory is that of the largest tensor in fp32, twice.
    """
    import gguf

    reader = gguf.GGUFReader(source)
    facts = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    base = facts["general.architecture"].contents()
    layers = int(facts[f"{base}.block_count"].contents())
    experts = (
        int(facts[f"{base}.expert_count"].contents()) if f"{base}.expert_count" in facts else 0
    )
    tied = all(tensor.name != "output.weight" for tensor in reader.tensors)
    casts = [
        cast(
            tensor.name,
            tuple(int(size) for size in tensor.shape),
            tensor.tensor_type.name,
            layers=layers,
            experts=experts,
            tied=tied,
        )
        for tensor in reader.tensors
    ]
    store.write_chunks(file, _chunks(reader, casts, source))
    return casts


def _chunks(reader: Any, casts: list[Cast], source: Path) -> Iterator[bytes | memoryview]:
    """The new file in parts: the facts byte by byte as they were, but the recipe's number; then the
    tensors."""
    import gguf

    fields = [field for name, field in reader.fields.items() if not name.startswith("GGUF.")]
    start = min(int(field.offset) for field in fields)
    end = min(int(tensor.field.offset) for tensor in reader.tensors)
    with source.open("rb") as read:
        read.seek(start)
        facts = bytearray(read.read(end - start))
    kind = reader.fields["general.file_type"]
    place = int(kind.offset) - start + 8 + len("general.file_type") + 4
    facts[place : place + 4] = struct.pack("<I", RECIPE)
    sizes = [_bytes(one) for one in casts]
    table, offset = bytearray(), 0
    for one, size in zip(casts, sizes, strict=True):
        name = one.name.encode()
        table += struct.pack("<Q", len(name)) + name + struct.pack("<I", len(one.shape))
        table += struct.pack(f"<{len(one.shape)}Q", *one.shape)
        table += struct.pack("<IQ", gguf.GGMLQuantizationType[one.kind], offset)
        offset += size + -size % reader.alignment
    head = b"GGUF" + struct.pack("<IQQ", 3, len(casts), len(fields)) + bytes(facts) + bytes(table)
    yield head + bytes(-len(head) % reader.alignment)
    for tensor, one, size in zip(reader.tensors, casts, sizes, strict=True):
        yield _data(tensor, one)
        yield bytes(-size % reader.alignment)


def _bytes(one: Cast) -> int:
    import math

    import gguf

    block, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[one.kind]]
    return math.prod(one.shape) // block * size


def _data(tensor: Any, one: Cast) -> memoryview:
    import gguf
    import libgguf
    import numpy as np

    if tensor.tensor_type.name == one.kind:
        return np.ascontiguousarray(tensor.data).data.cast("B")
    rows = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if one.kind == "F16":
        return np.ascontiguousarray(rows.astype(np.float16)).data.cast("B")
    rows = np.ascontiguousarray(rows.reshape(-1, one.shape[0]))
    return libgguf.quantize_rows(rows, gguf.GGMLQuantizationType[one.kind].value).data.cast("B")
