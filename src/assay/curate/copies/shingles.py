"""Texts as arrays: their letters, their shingles, and MinHash digests of these, thousands of texts at a time.

Source      Broder (1997), On the resemblance and containment of documents, 10.1109/SEQUEN.1997.666900 (MinHash);
            Li, König (2010), b-Bit Minwise Hashing, 10.1145/1772690.1772759 (one bit of each minimum as a cheap sieve)
How         a shingle is hashed to 32 bits; each permutation is one multiplication and one addition modulo 2^32, so the
            minima of all shingles of all texts of a block are a few passes over one array. rensa computes the same as
            fast, but hands its digests out as lists of Python numbers only, which takes five times as long
Threads     numpy lets go of the interpreter's lock, so blocks run on all cores; each writes rows of its own, so the
            result does not depend on how many there are
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PERMUTATIONS = 128
# A block's hashes stay in the processor's cache while 128 permutations go over them.
BLOCK_LETTERS = 50_000
# Letters of the texts whose shingles are sorted at once, by one thread: about 100 bytes each.
MEASURED_LETTERS = 500_000
# A digest's bits agree in (1 + Jaccard) / 2 of 128 places; four standard deviations lose one pair in 30,000.
SIEVE_DEVIATIONS = 4


def rows_per_band(threshold: float, recall: float = 0.98) -> int:
    """The longest band with which a pair at `threshold` still shares a band with probability `recall`."""
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= recall:
            return rows
    return 1


def fewest_equal_bits(threshold: float) -> int:
    """How many of the 128 bits agree at least, in all but one of 30,000 pairs at `threshold`."""
    share = (1 + threshold) / 2
    return int(PERMUTATIONS * share - SIEVE_DEVIATIONS * (PERMUTATIONS * share * (1 - share)) ** 0.5)


def spread(work: Callable[[Any], None], parts: Sequence[Any]) -> None:
    """Run `work` on every part, on all cores when there is more than one part."""
    if len(parts) < 2:
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


def letters(texts: Sequence[str]) -> tuple[Any, Any]:
    """(code points + 1 of all texts in a row, uint64, each text with a space at both ends; where each text starts)."""
    import numpy as np

    joined = " " + "  ".join(texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64) + np.uint64(1)
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2, out=starts[1:])
    return codes, starts


def digests(texts: Sequence[str], scopes: Any, rows: int, seed: int) -> tuple[Any, Any]:
    """MinHash digests of the shingles (text.py) of normal texts.

    Args:
        scopes: int64, (n,): texts of different scopes share no band.
        rows: permutations in a band.

    Returns:
        a hash for each band, uint64, (128 // rows, n); one bit of each permutation, uint64, (n, 2).
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    factors = draw.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = draw.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
    weights = draw.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    bands = np.empty((PERMUTATIONS // rows, len(texts)), dtype=np.uint64)
    bits = np.empty((len(texts), 2), dtype=np.uint64)

    def work(part: slice) -> None:
        hashes, starts = _hashed(texts[part])
        minima = np.empty((PERMUTATIONS, len(starts)), dtype=np.uint32)
        room = np.empty_like(hashes)
        for number in range(PERMUTATIONS):
            np.multiply(hashes, factors[number], out=room)
            np.add(room, offsets[number], out=room)
            np.minimum.reduceat(room, starts, out=minima[number])
        # The scope is a part of every band.
        salt = mixed(scopes[part].astype(np.uint64))
        for band in range(len(bands)):
            own = slice(band * rows, (band + 1) * rows)
            bands[band, part] = mixed((minima[own] * weights[own, None]).sum(axis=0, dtype=np.uint64) ^ salt)
        one = ((minima * np.uint32(0x9E3779B1)) >> np.uint32(31)).astype(bool)
        bits[part] = np.packbits(np.ascontiguousarray(one.T), axis=1).view(np.uint64)

    spread(work, blocks(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2, BLOCK_LETTERS))
    return bands, bits


def mixed(numbers: Any) -> Any:
    """Numbers of 64 bits, each bit of which depends on all bits of the number given (the end of MurmurHash3)."""
    import numpy as np

    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return numbers ^ (numbers >> np.uint64(33))


def _hashed(texts: Sequence[str]) -> tuple[Any, Any]:
    """(32-bit hashes of the shingles of all texts in a row, where each text's begin). A shingle may stand there twice:
    that changes no minimum."""
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
    return (mixed(both.reshape(-1)) >> np.uint64(32)).astype(np.uint32), starts[:-1] * 2


def shingle_sets(texts: Sequence[str]) -> tuple[Any, Any, int]:
    """(the distinct shingles of each text as numbers, uint64, sorted within a text; where each text's begin, n + 1;
    a bound that the numbers stay below). Equal numbers mean equal shingles: nothing is hashed."""
    import numpy as np

    codes, starts = letters(texts)
    used = np.zeros(int(codes.max()) + 1, dtype=bool)
    used[codes] = True
    number = np.cumsum(used, dtype=np.uint64)  # 1, 2, ... for the letters that occur
    codes, base = number[codes], int(number[-1]) + 1
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), np.diff(starts))
    pairs = codes[:-1] * np.uint64(base * base) + codes[1:] * np.uint64(base)
    triples = pairs[:-1] + codes[2:]
    inside = owner[:-1] == owner[1:]
    far = owner[:-2] == owner[2:]
    numbers, owners = np.concatenate([pairs[inside], triples[far]]), np.concatenate([owner[:-1][inside], owner[:-2][far]])
    bound = base**3
    if bound * MEASURED_LETTERS >= 2**63:  # more than 16,000 different letters
        distinct, numbers = np.unique(numbers, return_inverse=True)
        numbers, bound = numbers.astype(np.uint64), len(distinct)
    keyed = owners * np.uint64(bound) + numbers
    keyed.sort()
    keyed = keyed[np.concatenate([[True], keyed[1:] != keyed[:-1]])]
    counts = np.bincount((keyed // np.uint64(bound)).astype(np.int64), minlength=len(texts))
    return keyed % np.uint64(bound), np.concatenate([[0], np.cumsum(counts)]), bound


def jaccards(texts: Sequence[str], first: Any, second: Any) -> Any:
    """Jaccard of the shingles of `texts[first[k]]` and `texts[second[k]]`, exactly; float64, (pairs,)."""
    import numpy as np

    found = np.empty(len(first), dtype=np.float64)
    sizes = np.fromiter((len(texts[i]) + len(texts[j]) + 4 for i, j in zip(first.tolist(), second.tolist(), strict=True)),
                        dtype=np.int64, count=len(first))  # fmt: skip

    def work(part: slice) -> None:
        rows, places = np.unique(np.concatenate([first[part], second[part]]), return_inverse=True)
        numbers, starts, bound = shingle_sets([texts[row] for row in rows.tolist()])
        found[part] = _shared(numbers, starts, bound, *np.split(places, 2))

    spread(work, blocks(sizes, MEASURED_LETTERS))
    return found


def _shared(numbers: Any, starts: Any, bound: int, first: Any, second: Any) -> Any:
    import numpy as np

    sizes = np.diff(starts)
    a, b = sizes[first], sizes[second]
    shared = np.zeros(len(first), dtype=np.int64)
    # A pair's two sets in a row, sorted: what stands there twice is shared.
    for part in blocks(a + b, MEASURED_LETTERS):
        pairs = np.arange(part.stop - part.start, dtype=np.uint64)
        keyed = []
        for side, size in ((first[part], a[part]), (second[part], b[part])):
            ends = np.cumsum(size)
            at = np.arange(ends[-1]) + np.repeat(starts[side] - ends + size, size)
            keyed.append(np.repeat(pairs * np.uint64(bound), size) + numbers[at])
        both = np.concatenate(keyed)
        both.sort()
        twice = both[1:][both[1:] == both[:-1]] // np.uint64(bound)
        shared[part] = np.bincount(twice.astype(np.int64), minlength=len(pairs))
    return shared / (a + b - shared)
