"""Texts as arrays: their letters, their shingles, and MinHash digests of these, thousands of texts
at a time.

Source      Broder (1997), On the resemblance and containment of documents,
            10.1109/SEQUEN.1997.666900 (MinHash); Li, König (2010), b-Bit Minwise Hashing,
            10.1145/1772690.1772759 (1 and 8 bits of a minimum as a sieve)
How         a shingle is hashed to 32 bits; each permutation is one multiplication and one addition
            modulo 2^32, so the minima of all shingles of all texts of a block are a few passes over
            one array. rensa computes the same as fast, but hands its digests out as lists of Python
            numbers only, which takes five times as long
Threads     numpy lets go of the interpreter's lock, so blocks run on all cores; each writes rows of
            its own, so the result does not depend on how many there are
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

PERMUTATIONS = 128
# A block's hashes stay in the processor's cache while 128 permutations go over them.
BLOCK_LETTERS = 50_000
# Letters of the texts whose shingles are sorted at once, by one thread: about 100 bytes each.
MEASURED_LETTERS = 500_000
MANY = 1_000  # texts: of fewer, a thread for each part takes longer than the part
# How far below its mean the count of equal minima may lie, in standard deviations: 3 lose one pair
# in 700 of those at the threshold itself, and hardly any of those above it.
SIEVE_DEVIATIONS = 3


def rows_per_band(threshold: float, recall: float = 0.98) -> int:
    """The longest band with which a pair at `threshold` still shares a band with probability
    `recall`."""
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= recall:
            return rows
    return 1


def fewest_equal(threshold: float, values: int) -> int:
    """In how many of the 128 places the digests of a pair at `threshold` agree at least, if each
    place has as many `values`: places agree where the minima do, and by chance."""
    share = threshold + (1 - threshold) / values
    return int(
        PERMUTATIONS * share - SIEVE_DEVIATIONS * (PERMUTATIONS * share * (1 - share)) ** 0.5
    )


class Digests(NamedTuple):
    """What is kept of the minima of n texts."""

    bands: Any  # a hash for each band, uint64, (128 // rows, n)
    bits: Any  # a bit of each minimum, uint64, (n, 2)
    octets: Any  # eight bits of each minimum, uint8, (n, 128)

    def likely(self, first: Any, second: Any, threshold: float) -> Any:
        """Mask of the pairs that may be as alike as `threshold`: by the bits, then by the octets of
        what is left."""
        import numpy as np

        equal = PERMUTATIONS - np.bitwise_count(self.bits[first] ^ self.bits[second]).sum(
            axis=1, dtype=np.int16
        )
        likely = equal >= fewest_equal(threshold, 2)
        left = np.flatnonzero(likely)
        for part in range(0, len(left), 1 << 16):
            own = left[part : part + (1 << 16)]
            equal = np.count_nonzero(self.octets[first[own]] == self.octets[second[own]], axis=1)
            likely[own] = equal >= fewest_equal(threshold, 256)
        return likely


def spread(work: Callable[[Any], None], parts: Sequence[Any], texts: int = MANY) -> None:
    """Run `work` on every part, on all cores when there is more than one part, and so many texts
    in all of them that it is worth the threads."""
    if len(parts) < 2 or texts < MANY:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        for _ in pool.map(work, parts):
            pass


def blocks(lengths: Any, most: int) -> list[slice]:
    """Consecutive rows whose `lengths` add to `most` or, for a single longer row, more."""
    import numpy as np

    ends = np.cumsum(lengths, dtype=np.int64)
    cuts, at = [], 0
    while at < len(ends):
        before = ends[at - 1] if at else 0
        to = max(at + 1, int(np.searchsorted(ends, before + most, side="right")))
        cuts.append(slice(at, to))
        at = to
    return cuts


def letters(texts: list[str]) -> tuple[Any, Any]:
    """(code points + 1 of all texts in a row, uint64, each text with a space at both ends; where
    each text starts)."""
    import numpy as np

    joined = " " + "  ".join(texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.uint64
    ) + np.uint64(1)
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2, out=starts[1:])
    return codes, starts


def digests(texts: list[str], scopes: Any, rows: int, seed: int) -> Digests:
    """MinHash digests of the shingles (text_similarity.py) of normal texts.

    Args:
        scopes: int64, (n,): texts of different scopes share no band.
        rows: permutations in a band.
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    factors = draw.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = draw.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
    weights = draw.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    bands = np.empty((PERMUTATIONS // rows, len(texts)), dtype=np.uint64)
    bits = np.empty((len(texts), 2), dtype=np.uint64)
    octets = np.empty((len(texts), PERMUTATIONS), dtype=np.uint8)

    def work(part: slice) -> None:
        hashes, starts = _hash_shingles(texts[part])
        minima = np.empty((PERMUTATIONS, len(starts)), dtype=np.uint32)
        room = np.empty_like(hashes)
        for number in range(PERMUTATIONS):
            np.multiply(hashes, factors[number], out=room)
            np.add(room, offsets[number], out=room)
            np.minimum.reduceat(room, starts, out=minima[number])
        # The scope is a part of every band.
        salt = mix_bits(scopes[part].astype(np.uint64))
        for band in range(len(bands)):
            own = slice(band * rows, (band + 1) * rows)
            bands[band, part] = mix_bits(
                (minima[own] * weights[own, None]).sum(axis=0, dtype=np.uint64) ^ salt
            )
        octets[part] = ((minima * np.uint32(0x9E3779B1)) >> np.uint32(24)).T
        bits[part] = np.packbits(octets[part] > 127, axis=1).view(np.uint64)

    spread(
        work,
        blocks(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2, BLOCK_LETTERS),
    )
    return Digests(bands, bits, octets)


def mix_bits(numbers: Any) -> Any:
    """Numbers of 64 bits, each bit of which depends on all bits of the number given (the end of
    MurmurHash3)."""
    import numpy as np

    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return numbers ^ (numbers >> np.uint64(33))


def _hash_shingles(texts: list[str]) -> tuple[Any, Any]:
    """(32-bit hashes of the shingles of all texts in a row, where each text's begin). A shingle may
    stand there twice: that changes no minimum."""
    import numpy as np

    codes, starts = letters(texts)
    both = np.empty((len(codes), 2), dtype=np.uint64)
    pairs = (codes[:-1] << np.uint64(42)) | (codes[1:] << np.uint64(21))
    both[:-1, 0] = pairs
    both[:-2, 1] = pairs[:-1] | codes[2:]
    # What reaches into the next text gives way to the text's own first pair.
    first = both[starts[:-1], 0]
    both[starts[1:] - 1] = first[:, None]
    both[starts[1:] - 2, 1] = first
    return (mix_bits(both.reshape(-1)) >> np.uint64(32)).astype(np.uint32), starts[:-1] * 2


def jaccards(texts: list[str], first: Any, second: Any) -> Any:
    """Jaccard of the shingles of `texts[first[k]]` and `texts[second[k]]`, exactly; float64,
    (pairs,)."""
    import numpy as np

    found = np.empty(len(first), dtype=np.float64)
    sizes = np.array(
        [
            len(texts[i]) + len(texts[j]) + 4
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ]
    )

    def work(part: slice) -> None:
        rows, places = np.unique(np.concatenate([first[part], second[part]]), return_inverse=True)
        numbers, starts = shingle_sets([texts[row] for row in rows.tolist()])
        found[part] = _pair_jaccards(numbers, starts, *np.split(places, 2))

    spread(work, blocks(sizes, MEASURED_LETTERS))
    return found


def shingle_sets(texts: list[str]) -> tuple[Any, Any]:
    """(the distinct shingles of each text as numbers, one text after the other; where each text's
    begin, n + 1). Equal numbers mean equal shingles: nothing is hashed."""
    import numpy as np

    codes, starts = letters(texts)
    used = np.zeros(int(codes.max()) + 1, dtype=bool)
    used[codes] = True
    number = np.cumsum(used, dtype=np.uint64)  # 1, 2, ... for the letters that occur
    codes, base = number[codes], int(number[-1]) + 1
    pairs = codes * np.uint64(base * base)
    pairs[:-1] += codes[1:] * np.uint64(base)
    triples = pairs.copy()
    triples[:-2] += codes[2:]
    # What reaches into the next text gives way to the text's own first pair, which is in its set
    # anyway.
    pairs[starts[1:] - 1] = pairs[starts[:-1]]
    triples[starts[1:] - 1] = triples[starts[1:] - 2] = pairs[starts[:-1]]
    if base**3 < 2**32 - 1:
        pairs, triples = pairs.astype(np.uint32), triples.astype(np.uint32)
    numbers = np.stack([pairs, triples], axis=1).reshape(-1)
    empty = np.iinfo(numbers.dtype).max
    counts, sizes = np.zeros(len(texts), dtype=np.int64), np.diff(starts) * 2
    kept: list[Any] = [numbers[:0]] * len(texts)
    for own, width in _alike(sizes):
        table = np.full((len(own), width), empty, dtype=numbers.dtype)
        _fill(table, np.arange(width) < sizes[own, None], numbers, starts[own] * 2, sizes[own])
        table.sort(axis=1)
        new = table != empty
        new[:, 1:] &= table[:, 1:] != table[:, :-1]
        counts[own] = new.sum(axis=1)
        ends = np.cumsum(counts[own])
        distinct = table[new]
        for row, start, end in zip(
            own.tolist(), (ends - counts[own]).tolist(), ends.tolist(), strict=True
        ):
            kept[row] = distinct[start:end]
    return np.concatenate(kept), np.concatenate([[0], np.cumsum(counts)])


def _alike(sizes: Any) -> Iterator[tuple[Any, int]]:
    """(rows of about the same size, the largest size of them), so that a table of them has few
    empty cells. Many short rows are sorted ten times faster than one long array is."""
    import numpy as np

    order = np.argsort(sizes, kind="stable")
    ordered, at = sizes[order], 0
    while at < len(order):
        widest = int(ordered[at]) * 5 // 4 + 8
        to = min(
            int(np.searchsorted(ordered, widest, side="right")),
            at + max(1, MEASURED_LETTERS // widest),
        )
        yield order[at:to], int(ordered[to - 1])
        at = to


def _fill(table: Any, inside: Any, numbers: Any, starts: Any, sizes: Any) -> None:
    """Stretches of `numbers` into the cells `inside`, one stretch a row."""
    import numpy as np

    ends = np.cumsum(sizes)
    table[inside] = numbers[np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes)]


def _pair_jaccards(numbers: Any, starts: Any, first: Any, second: Any) -> Any:
    """Jaccard of the sets `first` and `second`, by number."""
    import numpy as np

    sizes = np.diff(starts)
    a, b = sizes[first], sizes[second]
    shared = np.zeros(len(first), dtype=np.int64)
    for own, width in _alike(a + b):
        table = np.full((len(own), width), np.iinfo(numbers.dtype).max, dtype=numbers.dtype)
        columns, middle, end = np.arange(width), a[own, None], (a + b)[own, None]
        _fill(table, columns < middle, numbers, starts[first[own]], a[own])
        _fill(table, (columns >= middle) & (columns < end), numbers, starts[second[own]], b[own])
        # A pair's two sets in one row: what stands there twice is shared.
        table.sort(axis=1)
        twice = (table[:, 1:] == table[:, :-1]) & (table[:, 1:] != np.iinfo(numbers.dtype).max)
        shared[own] = twice.sum(axis=1)
    return shared / (a + b - shared)
