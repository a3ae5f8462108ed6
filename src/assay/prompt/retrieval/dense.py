"""Passages found by meaning: the cosine of sentence vectors, exact, with vectors that are kept from run to run.

Source   Karpukhin et al. (2020), Dense Passage Retrieval for Open-Domain Question Answering,
         aclanthology.org/2020.emnlp-main.550
Memory   4 bytes a number: 100,000 passages of width 384 take 154 MB; a block of questions takes as much again at most
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.nouns import Tell
from assay.prompt.parts import Encoding
from assay.prompt.retrieval.words import best
from assay.store import digest, read_json, write_json, write_tensors

if TYPE_CHECKING:
    import numpy as np

BLOCK = 64  # questions whose cosines are held at a time


class Vectors:
    """Exact search over passage vectors. Equal cosines keep the order of the passages."""

    def __init__(self, vectors: np.ndarray):
        self.vectors = vectors  # float32 (passages, width), rows of length 1

    def find(self, asked: np.ndarray, top: int) -> list[list[tuple[int, float]]]:
        """One list a row of `asked` (float32 (questions, width)): (place, cosine) of the best passages, best first."""
        found = []
        for start in range(0, len(asked), BLOCK):
            cosines = asked[start : start + BLOCK] @ self.vectors.T
            found += [[(place, float(row[place])) for place in best(row, top)] for row in cosines]
        return found


def kept_vectors(texts: Sequence[str], encoding: Encoding, shelf: Path | None, tell: Tell | None) -> np.ndarray:
    """The vectors of passages, as `Encoding.vectors`; those that an earlier run has made are taken from the shelf.

    Args:
        shelf: a folder for what may be made again at any time. Each file there has the vectors of the texts that were
            new when it was written. None: nothing is kept.
    """
    import numpy as np

    names = [digest(text) for text in texts]
    folder = shelf / encoding.digest[:20] if shelf else None
    known = _read(folder, set(names)) if folder else {}
    new = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
    made = encoding.vectors(list(new.values()), tell=tell)
    if folder and new:
        _write(folder, list(new), made)
    known |= dict(zip(new, made, strict=True))
    return np.stack([known[name] for name in names]) if names else np.zeros((0, encoding.width), dtype=np.float32)


def _read(folder: Path, wanted: set[str]) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    found: dict[str, np.ndarray] = {}
    for index in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        names = read_json(index)
        if wanted.isdisjoint(names):
            continue
        rows = load_file(index.with_suffix(".safetensors"))["vectors"]
        found |= {name: row for name, row in zip(names, rows, strict=True) if name in wanted}
    return found


def _write(folder: Path, names: list[str], vectors: np.ndarray) -> None:
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    place = folder / digest(names)[:20]
    # The names come last: without them, the vectors of a run that was killed are not read.
    write_tensors(place.with_suffix(".safetensors"), {"vectors": torch.from_numpy(vectors)})
    write_json(place.with_suffix(".json"), names)
