import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from assay.models.loading.safetensors_header import (
    NotWeights,
    strict_json,
    tensors_of,
)


def header_file(path, rows, data=b"", length=None):
    text = json.dumps(rows).encode() if not isinstance(rows, bytes) else rows
    path.write_bytes((length or len(text)).to_bytes(8, "little") + text + data)
    return path


def tensor(start, end, shape=None, dtype="F32"):
    return {"dtype": dtype, "shape": shape or [(end - start) // 4], "data_offsets": [start, end]}


def test_types_shapes_and_places_are_those_that_the_library_wrote(tmp_path):
    weights = {"a": np.ones((2, 3), np.float32), "b": np.arange(5, dtype=np.float16)}
    path = tmp_path / "m.safetensors"
    save_file(weights, path, {"format": "pt"})
    found, data = tensors_of(path), path.read_bytes()
    assert {name: (one.dtype, one.shape) for name, one in found.items()} == {
        "a": ("F32", (2, 3)),
        "b": ("F16", (5,)),
    }
    for name, one in found.items():
        assert data[one.start : one.end] == weights[name].tobytes()
    assert max(one.end for one in found.values()) == len(data)


@pytest.mark.parametrize(
    ("rows", "data", "words"),
    [
        ({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12), "hole"),
        ({"a": tensor(0, 8), "b": tensor(4, 12)}, bytes(12), "overlap"),
        ({"a": tensor(0, 4)}, bytes(9), "5 bytes after"),
        ({"a": tensor(0, 4_000_000)}, bytes(4), "0 of 4 MB"),
        ({"a": tensor(0, 8, [1])}, bytes(8), "does not match"),
        ({"a": tensor(0, 4, [-1])}, bytes(4), "plausible"),
        ({"__metadata__": {}}, b"", "no tensor"),
        (b'{"a": 1, "a": 1}', b"", "twice"),
        (b'{"a": ' + b"[" * 100_000, b"", "nested"),
    ],
)
def test_a_header_that_does_not_cover_the_file_is_refused(tmp_path, rows, data, words):
    with pytest.raises(NotWeights, match=words):
        tensors_of(header_file(tmp_path / "m", rows, data))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"<!doctype html><html>", "web page"),
        (b"PK\x03\x04 and so on", "pickle"),
        (b"\x80\x04\x95 and so on", "pickle"),
        (b"", "incomplete: 0 bytes"),
        (b"\xff" * 100, "not a safetensors file"),
    ],
)
def test_what_is_something_else_is_called_by_its_name(tmp_path, content, words):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(NotWeights, match=words):
        tensors_of(tmp_path / "m")


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b'{"a": 1, "a": 2}', b"{", b"[" * 10**5])
def test_json_that_readers_take_differently_is_none(text):
    with pytest.raises(ValueError):
        strict_json(text)
    assert strict_json(b'{"a": [1, null]}') == {"a": [1, None]}


def test_a_header_length_that_looks_like_a_pickle_or_a_page_is_none(tmp_path):
    # 0x0480 bytes begin as pickle protocol 4 does, 0x3c bytes with "<".
    for length in (0x0480, 0x3C):
        path = tmp_path / f"{length}.safetensors"
        header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
        path.write_bytes(length.to_bytes(8, "little") + header + bytes(4))
        assert list(tensors_of(path)) == ["a"]
