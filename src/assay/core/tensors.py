"""Tensors as the chunks of a safetensors file; `store.write_tensors` writes them."""

import json
from collections.abc import Iterator
from typing import Any


def tensor_chunks(
    tensors: dict[str, Any], metadata: dict[str, str] | None = None
) -> Iterator[bytes | memoryview]:
    """A safetensors file in parts, a tensor each. `safetensors.torch.save` holds all of them a
    second time, which for the state of a full training is more than everything else together.
    Arrays of numpy are written without torch.

    Source: github.com/huggingface/safetensors, "Format"
    """
    # The library has no public list of the format's names; wide types come first, so that all are
    # aligned.
    kinds = {
        "float64": "F64",
        "int64": "I64",
        "float32": "F32",
        "int32": "I32",
        "float16": "F16",
        "bfloat16": "BF16",
    }
    kinds |= {"int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL"}
    names = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name in names:
        tensor = tensors[name]
        start, end = end, end + tensor.nbytes
        kind = kinds[str(tensor.dtype).removeprefix("torch.")]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        yield _raw(tensors[name])


def _raw(tensor: Any) -> memoryview:
    """The bytes of a tensor of torch or an array of numpy."""
    import numpy as np

    if not isinstance(tensor, np.ndarray):
        import torch

        return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
    return np.ascontiguousarray(tensor).reshape(-1).view(np.uint8).data
