"""The header of a safetensors file, read without the library and without the weights.

What it promises  A file that passes is complete and covered by its tensors to the last byte. A file
                  that is something else (a Git LFS pointer, a web page, a pickle) is called by its
                  name. Memory is bounded by the header.
Source            The format: huggingface.co/docs/safetensors
"""

import json
import math
from pathlib import Path
from typing import Any

_HEADER_LIMIT = 100 << 20  # the format's own
_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "F16": 2,
    "BF16": 2, "U32": 4,
    "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip


class NotWeights(ValueError):
    """What is wrong with the file, as a phrase."""


class Tensor:
    """Type, shape and place (first byte, byte after the last) of one tensor in its file."""

    __slots__ = ("dtype", "end", "shape", "start")

    def __init__(self, dtype: str, shape: tuple[int, ...], start: int, end: int):
        self.dtype, self.shape, self.start, self.end = dtype, shape, start, end


def strict_json(data: bytes) -> Any:
    """JSON without duplicate keys, NaN or infinity. ValueError otherwise."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(items)
        if len(row) != len(items):
            raise ValueError("a key stands twice in one object")
        return row

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        return json.loads(data, object_pairs_hook=pairs, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def tensors_of(path: Path) -> dict[str, Tensor]:
    """Name to tensor.

    Raises:
        NotWeights: the file is not a complete safetensors file.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(64)
        length = int.from_bytes(start[:8], "little")
        # A header's length may look like the beginning of a pickle or of a web page: its first
        # brace decides.
        if length > _HEADER_LIMIT or start[8:9] != b"{":
            _refuse_other_kinds(start)
        if len(start) < 8:
            raise NotWeights(f"is incomplete: {size} bytes")
        if length > _HEADER_LIMIT or start[8:9] != b"{":
            raise NotWeights("is not a safetensors file")
        if 8 + length > size:
            raise NotWeights(f"is incomplete: it ends inside its header after {size:,} bytes")
        file.seek(8)
        header = file.read(length)
    try:
        rows = strict_json(header)
        rows.pop("__metadata__", None)
        found = {name: _tensor(row, 8 + length) for name, row in rows.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotWeights(f"has a damaged header ({error})") from error
    _require_covered(found, 8 + length, size)
    return found


def _refuse_other_kinds(start: bytes) -> None:
    if start.startswith(b"version https://git-lfs"):
        raise NotWeights(
            "is a Git LFS pointer, not the file itself: run `git lfs pull` in the folder"
        )
    if start.startswith(b"PK\x03\x04") or (
        start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05" and start[1:2]
    ):
        raise NotWeights(
            "is a PyTorch pickle file"
            " under another name; pickle files can run code and are not read"
        )
    if start.lstrip()[:1] == b"<":
        raise NotWeights("is a web page, not weights: the download went wrong")


def _tensor(row: Any, base: int) -> Tensor:
    dtype, shape, (start, end) = row["dtype"], tuple(row["shape"]), row["data_offsets"]
    if not all(type(number) is int and 0 <= number < 1 << 60 for number in (*shape, start, end)):
        raise ValueError("a shape or an offset is not a plausible number")
    if dtype in _BYTES and math.prod(shape) * _BYTES[dtype] != end - start:
        raise ValueError("a tensor's shape does not match its bytes")
    return Tensor(dtype, shape, base + start, base + end)


def _require_covered(found: dict[str, Tensor], first: int, size: int) -> None:
    """Every byte belongs to one tensor: no holes, no overlaps, nothing missing, nothing after."""
    if not found:
        raise NotWeights("holds no tensor")
    end = first
    for tensor in sorted(found.values(), key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != end:
            raise NotWeights("has a damaged header (tensors overlap or leave a hole)")
        end = tensor.end
    if end > size:
        raise NotWeights(f"is incomplete: {size / 1e6:.0f} of {end / 1e6:.0f} MB")
    if end < size:
        raise NotWeights(f"has {size - end:,} bytes after its last tensor")
