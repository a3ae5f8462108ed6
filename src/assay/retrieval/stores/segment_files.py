"""The files of an exact store: segments of rows, and a log that says which of them count.

    log.jsonl                 first line: what the collection is, its segments, versions and ended
                              rows at that time; then a line a version: its time, its segment, the
                              rows that ended with it
    <name>.safetensors        vectors, float32 (rows, width); born, int64 (rows,): the version each
                              row came with
    <name>.jsonl              [id, text, source, date, fields] a row

A segment counts when a line of the log names it, and that line is written last: what a kill leaves
is no part of the collection. A line has its own hash (`checksummed_lines`) and the name of a
segment is that of its files, so that what was changed is found when the collection is opened
(R026). Rows are numbered through all segments, in order.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from assay.core import checksummed_lines, store
from assay.core.errors import Problem, ResourceError
from assay.core.types import Document

if TYPE_CHECKING:
    import numpy as np

FORMAT = 1
NAME = 16  # characters of a segment's name
LOG = "log.jsonl"


@dataclass(frozen=True, slots=True)
class VectorSegment:
    name: str
    vectors: np.ndarray  # float32 (rows, width), mapped from the file
    born: np.ndarray  # int64 (rows,)
    ids: tuple[str, ...]
    fields: tuple[Mapping[str, str], ...]
    starts: tuple[int, ...]  # where each row's line begins in the file of texts

    def __len__(self) -> int:
        return len(self.ids)


def write_segment(
    folder: Path,
    vectors: np.ndarray,
    born: np.ndarray,
    passages: Iterable[tuple[Document, Mapping[str, str]]],
) -> str:
    """Its name, which is the beginning of the hash of both files."""
    rows = ([d.id, d.text, d.source, d.date, dict(fields)] for d, fields in passages)
    lines = [(store.to_json(row) + "\n").encode() for row in rows]
    name = store.chunks_digest((*lines, *_chunks(vectors, born)))[:NAME]
    store.write_chunks(folder / f"{name}.jsonl", lines)
    store.write_chunks(folder / f"{name}.safetensors", _chunks(vectors, born))
    return name


def _hash(paths: Sequence[Path]) -> str:
    def chunks() -> Iterator[bytes]:
        for path in paths:
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    yield chunk

    return store.chunks_digest(chunks())


def _chunks(vectors: np.ndarray, born: np.ndarray) -> Iterator[bytes | memoryview]:
    """A safetensors file; `store.write_tensors` would load torch, which takes longer than the rest
    of a write."""
    sizes = vectors.nbytes, vectors.nbytes + born.nbytes
    header = {
        "vectors": {"dtype": "F32", "shape": vectors.shape, "data_offsets": [0, sizes[0]]},
        "born": {"dtype": "I64", "shape": born.shape, "data_offsets": [*sizes]},
    }
    text = store.to_json(header).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    yield vectors.data.cast("B")
    yield born.data.cast("B")


def read_segment(folder: Path, name: str, width: int) -> VectorSegment:
    """Raises FileNotFoundError (another process may have merged it away), ResourceError R026."""
    path = folder / f"{name}.safetensors"
    if _hash((folder / f"{name}.jsonl", path))[:NAME] != name:
        refuse_damaged(path, "is not what was written here, or its texts are not")
    arrays = _memory_map(path)
    ids, fields, starts, at = [], [], [], 0
    with (folder / f"{name}.jsonl").open("rb") as file:
        for line in file:
            row = json.loads(line)
            ids.append(row[0])
            fields.append(row[4])
            starts.append(at)
            at += len(line)
    if arrays["vectors"].shape != (len(ids), width):
        refuse_damaged(
            path, f"holds vectors of shape {arrays['vectors'].shape} for {len(ids)} passages"
        )
    return VectorSegment(
        name, arrays["vectors"], arrays["born"], tuple(ids), tuple(fields), tuple(starts)
    )


def _memory_map(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file without reading them. Source:
    github.com/huggingface/safetensors, "Format" """
    import numpy as np

    kinds = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8")}
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 + length:
            refuse_damaged(path, "is cut off")
        header = json.loads(file.read(length))
    found = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        if size < 8 + length + end:
            refuse_damaged(path, "is cut off")
        found[name] = np.memmap(
            path, kinds[entry["dtype"]], "r", 8 + length + start, tuple(entry["shape"])
        )
    return {name: np.asarray(value) for name, value in found.items()}


def read_passages(folder: Path, name: str, starts: Sequence[int]) -> list[Document]:
    out = []
    with (folder / f"{name}.jsonl").open("rb") as file:
        for start in starts:
            file.seek(start)
            out.append(Document(*json.loads(file.readline())[:4]))
    return out


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Its lines; none where there is no collection. A line that a kill has cut is left out.

    Raises:
        ResourceError: R026 it is no log of ours.
    """
    path = folder / LOG
    if not path.exists():
        return []
    found: list[dict[str, Any] | None] = []
    with contextlib.suppress(checksummed_lines.Unsealed):
        found = [
            checksummed_lines.unseal_line(line) for line in path.read_bytes().split(b"\n")[:-1]
        ]
    lines = [line for line in found if line is not None]
    if not lines or len(lines) < len(found) or lines[0].get("format") != FORMAT:
        refuse_damaged(path, "is not the log of a collection, or one of another version of assay")
    return lines


def clear(folder: Path, keep: Iterable[str]) -> None:
    """Delete segments that the log does not name: merged ones, and what a kill left."""
    kept = set(keep)
    for path in folder.iterdir():
        leftover = path.name.endswith(".part") or path.suffix in (".safetensors", ".jsonl")
        if leftover and path.name != LOG and path.stem not in kept:
            path.unlink(missing_ok=True)


def refuse_damaged(path: Path, what: str) -> NoReturn:
    raise ResourceError(
        Problem(
            "R026", what, str(path), help="delete the folder; it is built again from the documents"
        )
    )
