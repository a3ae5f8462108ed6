"""GGUF files: a bounded check of the header, then plain bf16 weights in the cache, made once.

What it promises  No other reader sees a file whose counts, strings, shapes or offsets do not hold
                  together. The result is a model folder like any other, and loading it gives the
                  weights that were written.
Costs             10 to 30 s for 135 million parameters, and three times the bf16 size in memory, in
                  its own process.
Watch out         The result is as good as the quantised file, not as the original weights.
Source            The format: github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assay.core import store
from assay.core.errors import ModelError, Problem, ResourceError
from assay.core.processes import last_line, run_process
from assay.core.types import Tell
from assay.models.loading.model_cache import cache_folder, file_sha256

VERSION = 1  # of what dequantise writes
CONVERSION = {  # variables of a process that rewrites weights
    "TQDM_DISABLE": "1",
    "HF_HUB_OFFLINE": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "10000",
}
_MAX_KEYS = 10_000
_MAX_TENSORS = 100_000
_MAX_ITEMS = 1 << 22  # of one array: merges of a large vocabulary have half a million
_MAX_TEXT = 1 << 20
_MAX_HEADER = 256 << 20
_MAX_VALUES = 1 << 40  # of one tensor
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_TEXT, _ARRAY = 8, 9
# Types that the `gguf` package can turn back into numbers: code to (name, values a block, bytes a
# block).
_TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 30: ("BF16", 1, 2), 2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    29: ("IQ1_M", 256, 56),
    34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
}  # fmt: skip


class _Damaged(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says about itself. `facts` holds numbers and texts only, no arrays."""

    facts: dict[str, Any]
    tensors: dict[str, tuple[str, tuple[int, ...]]]  # name to (type, shape)

    @property
    def architecture(self) -> str:
        return str(self.facts.get("general.architecture", ""))


def check(path: Path) -> Header:
    """Read and check the header; the weights are not read.

    Raises:
        ModelError: M097 it is not a complete GGUF file that can be dequantised here; M091 unknown
            architecture name.
    """
    try:
        with path.open("rb") as file:
            return _header(file, path.stat().st_size)
    except (_Damaged, struct.error, UnicodeDecodeError) as error:
        text = str(error) if isinstance(error, _Damaged) else "its header is damaged"
        raise ModelError(
            Problem(
                "M097",
                f"is not a GGUF file that can be used: {text}",
                str(path),
                help="download the file again",
            )
        ) from error


def _header(file: BinaryIO, size: int) -> Header:
    magic, version, tensor_count, key_count = struct.unpack("<4sIQQ", _take(file, 24))
    if magic != b"GGUF":
        raise _Damaged(f"it begins with {magic!r}, not with GGUF")
    if version not in (2, 3):
        raise _Damaged(f"version {version} of the format; 2 and 3 are read")
    if not 0 < tensor_count <= _MAX_TENSORS or key_count > _MAX_KEYS:
        raise _Damaged(f"it claims {tensor_count:,} tensors and {key_count:,} keys")
    facts: dict[str, Any] = {}
    seen: set[str] = set()
    for _ in range(key_count):
        key = _text(file)
        if key in seen:
            raise _Damaged(f"the key {key[:60]!r} stands twice")
        seen.add(key)
        value = _value(file, *struct.unpack("<I", _take(file, 4)))
        if value is not None:
            facts[key] = value
    tensors, places = {}, []
    for _ in range(tensor_count):
        name, kind, shape, offset, length = _tensor(file)
        if name in tensors:
            raise _Damaged(f"the tensor {name[:60]!r} stands twice")
        tensors[name] = (kind, shape)
        places.append((offset, length))
    _require_places(places, facts.get("general.alignment", 32), file.tell(), size)
    _require_plausible(facts)
    return Header(facts, tensors)


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) != count or file.tell() > _MAX_HEADER:
        raise _Damaged("it ends inside its header")
    return data


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", _take(file, 8))
    if length > _MAX_TEXT:
        raise _Damaged(f"it claims a text of {length:,} bytes")
    return _take(file, length).decode()


def _value(file: BinaryIO, kind: int) -> Any:
    """The value, or None for an array, which is only checked."""
    if kind == _TEXT:
        return _text(file)
    if kind in _SCALARS:
        return struct.unpack("<" + _SCALARS[kind], _take(file, struct.calcsize(_SCALARS[kind])))[0]
    if kind != _ARRAY:
        raise _Damaged(f"unknown kind of value {kind}")
    inner, count = struct.unpack("<IQ", _take(file, 12))
    if count > _MAX_ITEMS:
        raise _Damaged(f"it claims an array of {count:,} items")
    if inner == _TEXT:
        for _ in range(count):
            _text(file)
    elif inner in _SCALARS:
        _take(file, count * struct.calcsize(_SCALARS[inner]))
    else:
        raise _Damaged(f"an array of kind {inner}")
    return None


def _tensor(file: BinaryIO) -> tuple[str, str, tuple[int, ...], int, int]:
    """(name, type, shape, offset, length in bytes)"""
    name = _text(file)
    (rank,) = struct.unpack("<I", _take(file, 4))
    if not name or len(name) > 256 or not 0 < rank <= 4:
        raise _Damaged(f"the tensor {name[:60]!r} has {rank} dimensions")
    shape = struct.unpack(f"<{rank}Q", _take(file, 8 * rank))
    code, offset = struct.unpack("<IQ", _take(file, 12))
    if code not in _TYPES:
        raise _Damaged(
            f"the tensor {name[:60]!r} has a type (number {code}) that cannot be dequantised here"
        )
    kind, block, size = _TYPES[code]
    if not 0 < math.prod(shape) <= _MAX_VALUES or shape[0] % block:
        raise _Damaged(f"the tensor {name[:60]!r} has the shape {shape}, impossible for {kind}")
    return name, kind, shape, offset, math.prod(shape) // block * size


def _require_places(
    places: list[tuple[int, int]], alignment: Any, header_end: int, size: int
) -> None:
    if (
        not isinstance(alignment, int)
        or not 8 <= alignment <= 1 << 20
        or alignment & (alignment - 1)
    ):
        raise _Damaged(f"it claims an alignment of {alignment}")
    start = header_end + -header_end % alignment
    end = 0
    for offset, length in sorted(places):
        if offset % alignment or offset < end:
            raise _Damaged("its tensors overlap or are not aligned")
        end = offset + length
    if start + end > size:
        raise _Damaged(f"it is incomplete: {size / 1e6:.0f} of {(start + end) / 1e6:.0f} MB")


def _require_plausible(facts: dict[str, Any]) -> None:
    architecture = facts.get("general.architecture")
    if not isinstance(architecture, str) or not re.fullmatch(r"[a-z0-9_.-]{1,64}", architecture):
        raise _Damaged("it does not name its architecture")
    if facts.get("split.count", 1) not in (0, 1):
        raise _Damaged("it is one part of several; join them with llama-gguf-split --merge")
    for name, limit in (
        ("block_count", 1000),
        ("embedding_length", 1 << 17),
        ("context_length", 1 << 24),
    ):
        value = facts.get(f"{architecture}.{name}")
        if not isinstance(value, int) or not 0 < value <= limit:
            raise _Damaged(f"its {name} is {value}")


# --- dequantising ---------------------------------------------------------------------------------


def find_dequantised(name: str, sha256: str) -> Path | None:
    """The folder that `dequantise` made earlier from the file of this hash, if it is complete and
    unharmed."""
    stage = _stage(name, sha256)
    try:
        mark = store.read_json(stage.folder / "done.json")
        if all(file_sha256(stage.folder / file) == value for file, value in mark["files"].items()):
            return stage.folder if mark["note"]["version"] == VERSION else None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    stage.completion_note()  # sets a damaged folder aside
    return None


def dequantise(source: Path, name: str, *, tell: Tell = lambda event: None) -> Path:
    """The model folder `<cache>/models/<name>-<sha8>` with bf16 weights, made unless it is there.

    A child process does the work, so that this one never imports torch; an "activity" says so.

    Raises:
        ModelError: M097 or M091, as `check`, or transformers cannot read the file. ResourceError:
            R098 out of memory.
    """
    header = check(source)
    sha256 = file_sha256(source)
    with store.lock(cache_folder() / f"{name}-{sha256[:8]}.lock", f"dequantise {name}", wait=True):
        if (ready := find_dequantised(name, sha256)) is not None:
            return ready
        tell({"event": "activity", "text": f"dequantising {name}, once"})
        stage = _stage(name, sha256)
        folder = stage.open()
        (folder / "done.json").unlink(missing_ok=True)
        # The child sees the file alone: transformers also reads what lies beside a model.
        store.link(folder / "source.gguf", source.resolve())
        try:
            _run_child(folder, source, header)
        finally:
            (folder / "source.gguf").unlink(missing_ok=True)
        stage.finish({"version": VERSION, "source": source.name, "sha256": sha256})
    return folder


def _stage(name: str, sha256: str) -> store.Stage:
    return store.Stage(cache_folder(), "models", f"{name}-{sha256[:8]}")


def _run_child(folder: Path, source: Path, header: Header) -> None:
    code, said = run_process("assay.models.quantisation.gguf_process", folder, **CONVERSION)
    if code == 0:
        return
    if code == -9:
        problem = Problem(
            "R098",
            "the system stopped the conversion to full weights, most likely for memory",
            str(source),
        )
        raise ResourceError(problem)
    name, text = "M091", last_line(said)
    if code != 3:
        name = "M097"
        text = f"transformers could not read this GGUF ({header.architecture}): {text[:300]}"
    raise ModelError(
        Problem(name, text, str(source), help="use the model's safetensors files instead")
    )
