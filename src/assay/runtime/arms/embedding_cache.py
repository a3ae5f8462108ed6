"""Sentence vectors that an earlier strategy of the run has computed, with the seconds it took.

What it is for   several strategies read the same rows with the same encoder: the nearest
                 neighbours, a linear model on vectors, examples alike in a prompt. The rows are
                 read once
Exact            a text's vector depends, by rounding, on the texts that share its batches. So what
                 is kept is a whole call: the same texts in the same order have the same vectors,
                 whoever asked first
Cost             what a strategy takes over is counted as if it had computed it: `replayed`
Watch out        calls of fewer than `LEAST` texts are computed anew; the latency of one question,
                 asked alone, is a measurement
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assay.core import checksummed_lines
from assay.core.corrupt_files import silent, tell_damage
from assay.core.store import digest, file_digest, write_tensors
from assay.core.types import Tell

LEAST = 8  # texts
VERSION = 1


class EmbeddingCache:
    """`embed`, kept by call. `replayed`: seconds of what was not computed again, in all so far."""

    def __init__(self, embed: Callable[[Sequence[str]], Any], folder: Path, tell: Tell = silent):
        """
        Args:
            folder: of one encoder on one kind of machine; what lies there can be made again.
        """
        self.embed, self.folder, self.tell = embed, folder, tell
        self.replayed = 0.0

    def __call__(self, texts: Sequence[str]) -> Any:
        """float32 (texts, width), rows of length 1."""
        if len(texts) < LEAST:
            return self.embed(texts)
        place = self.folder / digest([VERSION, *texts])[:24]
        kept = self._read(place)
        if kept is not None:
            vectors, seconds = kept
            self.replayed += seconds
            return vectors
        begun = time.monotonic()
        vectors = self.embed(texts)
        self._write(place, vectors, time.monotonic() - begun)
        return vectors

    def _read(self, place: Path) -> tuple[Any, float] | None:
        from safetensors.numpy import load_file

        note, file = place.with_suffix(".json"), place.with_suffix(".safetensors")
        kept = checksummed_lines.one(note, self.tell)
        if kept is None:
            return None
        if not file.is_file() or file_digest(file) != kept["file"]:
            tell_damage(self.tell, file, "they are computed again")
            return None
        return load_file(file)["vectors"], kept["seconds"]

    def _write(self, place: Path, vectors: Any, seconds: float) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = place.with_suffix(".safetensors")
        # The note comes last: without it, the vectors of a process that was killed are not read.
        write_tensors(file, {"vectors": vectors})
        checksummed_lines.write(
            place.with_suffix(".json"), {"file": file_digest(file), "seconds": round(seconds, 3)}
        )
