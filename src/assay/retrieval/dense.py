"""Passages found by meaning: the cosine of sentence vectors, exact, with vectors that are kept from
run to run.

Source   Karpukhin et al. (2020), Dense Passage Retrieval for Open-Domain Question Answering,
         aclanthology.org/2020.emnlp-main.550
Memory   4 bytes a number: 100,000 passages of width 384 take 154 MB; a block of questions takes as
         much again at most
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core import checksummed_lines
from assay.core.corrupt_files import silent, tell_damage
from assay.core.store import digest, file_digest, write_tensors
from assay.core.types import Tell
from assay.retrieval.bm25 import best
from assay.retrieval.encoders import Encoding
from assay.retrieval.metadata_filter import Among
from assay.retrieval.vector_blocks import update_blocks

if TYPE_CHECKING:
    import numpy as np

BLOCK = 64  # questions whose cosines are held at a time


class DenseIndex:
    """Exact search over passage vectors. Equal cosines keep the order of the passages."""

    def __init__(self, vectors: np.ndarray):
        """Args:
        vectors: float32 (passages, width), rows of length 1.
        """
        import numpy as np

        # each with which of its rows are there
        self.blocks = [(vectors, np.ones(len(vectors), dtype=bool))]

    @property
    def vectors(self) -> np.ndarray:
        """All that are there, as one array."""
        import numpy as np

        rows = [block if there.all() else block[there] for block, there in self.blocks]
        return rows[0] if len(rows) == 1 else np.concatenate(rows)

    def replace_rows(self, stay: Sequence[int], new: np.ndarray) -> DenseIndex:
        """Those at the rising places `stay`, and then the new ones. What stays is not copied."""
        import numpy as np

        def build(last: int) -> np.ndarray:
            again = np.asarray(stay[len(stay) - (last - len(new)) :], dtype=np.int64)
            return np.concatenate([self._at(again), new])

        after = DenseIndex(new[:0])
        after.blocks = update_blocks(self.blocks, stay, len(new), build) or after.blocks
        return after

    def _at(self, places: np.ndarray) -> np.ndarray:
        """The vectors at rising places."""
        import numpy as np

        rows, start = [], 0
        for block, there in self.blocks:
            own = places[(places >= start) & (places < start + int(there.sum()))]
            rows.append(block[np.flatnonzero(there)[own - start]])
            start += int(there.sum())
        return np.concatenate(rows)

    def find(
        self, asked: np.ndarray, top: int, among: Among | None = None
    ) -> list[list[tuple[int, float]]]:
        """One list a row of `asked` (float32 (questions, width)): (place, cosine) of the best
        passages, best first.

        Args:
            among: the passages that may be found; None: all.
        """
        import numpy as np

        found = []
        for start in range(0, len(asked), BLOCK):
            some = asked[start : start + BLOCK]
            parts = [
                some @ block.T if there.all() else (some @ block.T)[:, there]
                for block, there in self.blocks
            ]
            cosines = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
            if among is None:
                found += [
                    [(place, float(row[place])) for place in best(row, top)] for row in cosines
                ]
            else:
                places = among.places
                rows = (row[places] for row in cosines)
                found += [
                    [(int(places[at]), float(row[at])) for at in best(row, top)] for row in rows
                ]
        return found


def encode_with_cache(
    texts: Sequence[str], encoding: Encoding, shelf: Path | None, tell: Tell | None
) -> np.ndarray:
    """The vectors of passages, as `Encoding.vectors`; those that an earlier run has made are taken
    from the shelf.

    Args:
        shelf: a folder for what may be made again at any time. Each file there has the vectors of
            the texts that were new when it was written. None: nothing is kept.
    """
    import numpy as np

    if not texts:
        return np.zeros((0, encoding.width), dtype=np.float32)
    names = [digest(text) for text in texts]
    folder = shelf / encoding.digest[:20] if shelf else None
    known = _read(folder, set(names), tell or silent) if folder else {}
    new = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
    made = encoding.vectors(list(new.values()), tell=tell)
    if folder and new:
        _write(folder, list(new), made)
    known |= dict(zip(new, made, strict=True))
    return np.stack([known[name] for name in names])


def _read(folder: Path, wanted: set[str], tell: Tell) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    found: dict[str, np.ndarray] = {}
    for index in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        kept, file = checksummed_lines.one(index, tell), index.with_suffix(".safetensors")
        if kept is None or wanted.isdisjoint(kept["names"]):
            continue
        if not file.is_file() or file_digest(file) != kept["file"]:
            tell_damage(tell, file, "they are computed again")
            index.unlink()  # they are written again under the same name
            continue
        rows = load_file(file)["vectors"]
        found |= {
            name: row for name, row in zip(kept["names"], rows, strict=True) if name in wanted
        }
    return found


def _write(folder: Path, names: list[str], vectors: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / digest(names)[:20]
    # The names come last: without them, the vectors of a run that was killed are not read.
    file = place.with_suffix(".safetensors")
    write_tensors(file, {"vectors": vectors})
    checksummed_lines.write(place.with_suffix(".json"), {"names": names, "file": file_digest(file)})
