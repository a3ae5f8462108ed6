"""How often each stem stands in each text: all that BM25 is computed from, counted once and kept in
a file.

Memory   8 bytes for each different stem of a text: 100,000 texts of 60 words, 45 of them different,
         take 36 MB
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.store import write_tensors
from assay.core.words import words_in
from assay.retrieval.stemming import Stems

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class StemCounts:
    """The texts that have a stem, stem by stem."""

    stems: dict[str, int]  # each with its place in `starts`
    starts: np.ndarray  # int64 (stems + 1,)
    texts: np.ndarray  # int32: numbers of texts, rising within a stem
    times: np.ndarray  # float32: how often the stem stands in that text
    lengths: np.ndarray  # int64 (texts,): stems of each text

    def of(self, stem: str) -> tuple[np.ndarray, np.ndarray]:
        """The texts that have the stem, and how often each has it."""
        place = self.stems.get(stem)
        here = slice(0, 0) if place is None else slice(self.starts[place], self.starts[place + 1])
        return self.texts[here], self.times[here]


class _Places(dict[str, int]):
    """Word -> place of its stem, found out once a word; -1 for a word that does not count."""

    def __init__(self, stems: Stems):
        super().__init__()
        self._stems = stems
        self.names: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        stem = self._stems.of(word)
        self[word] = place = self.names.setdefault(stem, len(self.names)) if stem else -1
        return place


def count_stems(texts: Sequence[str], stems: Stems) -> StemCounts:
    import numpy as np

    places = _Places(stems)
    said, ends = array("i"), array("q", [0])
    for text in texts:
        said.extend(map(places.__getitem__, words_in(text.casefold())))
        ends.append(len(said))
    words = np.frombuffer(said, dtype=np.int32) if said else np.zeros(0, dtype=np.int32)
    of = np.repeat(
        np.arange(len(texts), dtype=np.int64), np.diff(np.frombuffer(ends, dtype=np.int64))
    )
    counting = words >= 0
    of, words = of[counting], words[counting]
    # one number for a stem and a text, in the order of both
    pairs = words * np.int64(len(texts)) + of
    pairs.sort()
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    place, text = np.divmod(pairs[first], max(1, len(texts)))
    starts = np.zeros(len(places.names) + 1, dtype=np.int64)
    np.cumsum(np.bincount(place, minlength=len(places.names)), out=starts[1:])
    times = np.diff(first, append=len(pairs)).astype(np.float32)
    return StemCounts(
        places.names, starts, text.astype(np.int32), times, np.bincount(of, minlength=len(texts))
    )


def write_counts(path: Path, counts: StemCounts, stems: Stems) -> None:
    import numpy as np

    # No word has a line break in it.
    names = np.frombuffer("\n".join(counts.stems).encode(), dtype=np.uint8)
    arrays = {
        "starts": counts.starts,
        "texts": counts.texts,
        "times": counts.times,
        "lengths": counts.lengths,
    }
    write_tensors(path, {**arrays, "stems": names}, {"stems": stems.version})


def read_counts(path: Path, stems: Stems) -> StemCounts | None:
    """None where there is no such file, or the stems in it were made in another way."""
    from safetensors import safe_open

    if not path.exists():
        return None
    with safe_open(path, "np") as file:
        if file.metadata() != {"stems": stems.version}:
            return None
        arrays = {name: file.get_tensor(name) for name in ("starts", "texts", "times", "lengths")}
        names = file.get_tensor("stems").tobytes().decode()
    return StemCounts(
        {stem: place for place, stem in enumerate(names.split("\n") if names else ())}, **arrays
    )
