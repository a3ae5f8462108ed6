"""Files of tensors, as the safetensors library reads them."""

import numpy as np
from safetensors.numpy import load

from assay.core import store
from assay.core.tensors import tensor_chunks


def test_a_file_of_tensors_is_read_by_the_library_and_hashed_without_being_held(tmp_path):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file

    kinds = (
        torch.float64,
        torch.float32,
        torch.bfloat16,
        torch.float16,
        torch.int64,
        torch.uint8,
        torch.bool,
    )
    tensors = {f"{at}": torch.arange(at + 3).to(kind) for at, kind in enumerate(kinds)}
    tensors |= {"none": torch.zeros(0, 4), "one": torch.tensor(2.5), "turned": torch.rand(5, 3).T}
    store.write_tensors(tmp_path / "t.safetensors", tensors, {"format": "pt"})
    found = load_file(tmp_path / "t.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor)
    with safe_open(tmp_path / "t.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
    chunks = store.tensor_chunks(tensors, {"format": "pt"})
    assert store.chunks_digest(chunks) == store.file_digest(tmp_path / "t.safetensors")


def test_arrays_are_written_without_torch_and_wide_types_are_aligned(tmp_path):
    arrays = {
        "flags": np.array([True, False, True]),
        "half": np.arange(3, dtype=np.float16),
        "wide": np.arange(6, dtype=np.float64).reshape(2, 3).T,  # not contiguous
    }
    data = b"".join(tensor_chunks(arrays))
    found = load(data)
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    # The header's length is a multiple of 8, and so is the place of the first, widest, array.
    assert int.from_bytes(data[:8], "little") % 8 == 0
    assert b'"wide": {"dtype": "F64", "shape": [3, 2], "data_offsets": [0, 48]}' in data
