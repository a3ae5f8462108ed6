"""Whether the values of a model's weights can be those of a trained model.

What is refused  NaN and infinity; a weight over 1e20, which overflows in the first product; whole
                 numbers where weights belong; zeros in all of an embedding, an output layer, a
                 layer that others read from, or the model
How              by the bits of the largest absolute value of each tensor: floats without their sign
                 sort as whole numbers do. The files are read once, in parts
Watch out        a value that changes within these bounds is another model, which no check knows
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from assay.core.errors import Problem
from assay.models.loading.safetensors_header import Tensor, tensors_of

EMBEDDING = re.compile(r"(^|\.)(embed_tokens|wte|word_embeddings|embed_in|tok_embeddings)\.weight")
OUTPUT = re.compile(r"(^|\.)(lm_head|embed_out)\.weight")
# Matrices that read the states. Those that add to them are zero in layers that were added.
READERS = re.compile(
    r"\.(q_proj|k_proj|v_proj|qkv_proj|query|key|value|query_key_value|c_attn|Wqkv|gate_proj|up_proj"
    r"|gate_up_proj|fc1|c_fc|dense_h_to_4h)\.weight$"
)
MOST = 1e20
PART = 1 << 24  # values
# Whole number of the same width, the bits of infinity and of MOST.
_KINDS = {
    "F16": ("<u2", 0x7C00, 0x7C00),
    "BF16": ("<u2", 0x7F80, int(np.float32(MOST).view(np.uint32)) >> 16),
    "F32": ("<u4", 0x7F800000, int(np.float32(MOST).view(np.uint32))),
    "F64": ("<u8", 0x7FF0000000000000, int(np.float64(MOST).view(np.uint64))),
}
_WEIGHT = re.compile(r"(^|[._])(weight|bias|proj)$")
_COPY = "the model was saved damaged: get another copy"


def whole_number_problems(tensors: Mapping[str, Tensor], place: str) -> list[Problem]:
    """M092 where weights are stored as whole numbers. Reads no values."""
    # GPT-2's old files hold masks as `attn.bias`; a vector of whole numbers is a table of places.
    found = [
        name
        for name, tensor in tensors.items()
        if tensor.dtype[0] in "IUB"
        and tensor.dtype != "BF16"
        and _WEIGHT.search(name)
        and not name.endswith("attn.bias")
    ]
    if not found:
        return []
    text = f"{found[0]} and {len(found) - 1} others" if len(found) > 1 else found[0]
    text += f": stored as whole numbers ({tensors[found[0]].dtype}), which are not weights"
    way = "use the model's unquantised weights, or a .gguf file"
    return [Problem("M092", text, place, help=way)]


def value_problems(folder: Path, names: Sequence[str]) -> list[Problem]:
    """M092 of values that no trained model has, in the weight files `names` of a folder."""
    found: list[Problem] = []
    empty: list[str] = []  # matrices that hold nothing but 0
    matrices = 0
    for name in names:
        path = folder / name
        broken, first, huge = 0, "", ""
        for tensor_name, tensor in tensors_of(path).items():
            if tensor.dtype not in _KINDS or tensor.end == tensor.start:
                continue
            _, infinite, most = _KINDS[tensor.dtype]
            largest, count = _largest(path, tensor)
            if count:
                broken, first = broken + count, first or tensor_name
            elif most <= largest < infinite and tensor_name.endswith("weight"):
                huge = huge or tensor_name
            if len(tensor.shape) > 1:
                matrices += 1
                empty += [tensor_name] * (largest == 0)
        if broken:
            text = f"holds {broken:,} values that are NaN or infinite, the first in {first}"
            found.append(Problem("M092", text, str(path), help=_COPY))
        if huge:
            text = f"{huge} holds a value over {MOST:.0e}, which no trained model has"
            found.append(Problem("M092", text, str(path), help=_COPY))
    if matrices and len(empty) == matrices:
        text = f"all values of all {matrices} matrices are 0, so the model has learnt nothing"
        found.append(Problem("M092", text, str(folder), help=_COPY))
    else:
        found += [
            Problem("M092", f"all values of {name} are 0", str(folder), help=_COPY)
            for name in empty
            if EMBEDDING.search(name)
            or OUTPUT.search(name)
            or (READERS.search(name) and "expert" not in name)
        ]
    return found


def _largest(path: Path, tensor: Tensor) -> tuple[int, int]:
    """The bits of the largest absolute value, and how many values are NaN or infinite."""
    kind, infinite, _ = _KINDS[tensor.dtype]
    width = np.dtype(kind)
    length = (tensor.end - tensor.start) // width.itemsize
    values = np.memmap(path, dtype=kind, mode="r", offset=tensor.start, shape=(length,))
    unsigned = width.type((1 << (8 * width.itemsize - 1)) - 1)
    largest, broken = 0, 0
    for part in np.array_split(values, 1 + length // PART):
        bits = part & unsigned
        top = int(bits.max())
        largest = max(largest, top)
        if top >= infinite:
            broken += int((bits >= infinite).sum())
    return largest, broken
