"""Texts of up to 80 letters that differ by two edits at most: proposed by a shared segment, then
counted exactly.

Source      Li, Deng, Wang, Feng (2011), Pass-Join,
            vldb.org/pvldb/vol5/p253_guoliangli_vldb2012.pdf; Damerau (1964), 10.1145/363958.363994,
            counted in a band of the table (Ukkonen 1985)
How         the shorter text of a pair is cut into four parts. Two edits touch two of them, or three
            when one swaps two letters across a border, so one part stands in the longer text as it
            was, moved by two letters at most. (Two such swaps at once may be missed.) All texts of
            a length are one matrix, and a segment is one hash
"""

from functools import cache, lru_cache
from typing import Any

from assay.data.dedup.buckets import Buckets, Entries
from assay.data.dedup.minhash import mix_bits, spread
from assay.data.text_similarity import MOST_EDITS, edit_limit, edits

# From this length on, two edits leave Jaccard above 0.8, so the bands alone find the pair.
SEGMENTS_UP_TO = 80
PARTS = MOST_EDITS + 2
SHORTEST = next(length for length in range(100) if edit_limit(length))
BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2^64
BLOCK = 8192  # pairs whose tables are filled at once
FEW = 48  # below it the letter-by-letter count of text_similarity.py is quicker
OVER = MOST_EDITS + 1


def buckets_of(texts: list[str], lengths: Any, scopes: Any) -> Buckets:
    """On the left the rows that have a part, on the right those that hold it where it may stand."""
    import numpy as np

    by_length = [
        np.flatnonzero(lengths == length) for length in range(SEGMENTS_UP_TO + MOST_EDITS + 1)
    ]
    found: dict[int, tuple[Entries, Entries]] = {}
    salts = mix_bits(scopes.astype(np.uint64) + np.uint64(1))

    def work(length: int) -> None:
        left: tuple[list, list] = ([], [])
        right: tuple[list, list] = ([], [])
        for longer in range(edit_limit(length) + 1):
            rows = by_length[length + longer]
            if not len(rows):
                continue
            prefixes = _prefixes([texts[row] for row in rows.tolist()], length + longer)
            places, sizes, starts = _windows(length, longer)
            own = _hashes(prefixes, sizes, starts, length * PARTS + places) ^ salts[rows]
            right[0].append(own.ravel())
            right[1].append(np.tile(rows, len(own)))
            if longer == 0:
                there = starts == np.array([start for start, _ in _parts(length)])[places]
                left[0].append(own[there].ravel())
                left[1].append(np.tile(rows, PARTS))
        found[length] = _meeting(left, right)

    asked = [length for length in range(SHORTEST, SEGMENTS_UP_TO + 1) if len(by_length[length])]
    spread(work, asked, len(texts))
    left, right = ([found[length][side] for length in asked] for side in (0, 1))
    return Buckets("segments", Entries.concatenate(left), Entries.concatenate(right))


def _prefixes(texts: list[str], length: int) -> Any:
    """Hashes of the first 0, 1, ... letters of texts of one length, uint64, (length + 1, n)."""
    import numpy as np

    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sums = np.zeros((length + 1, len(texts)), dtype=np.uint64)
    powers = _powers()[0][:length]
    np.cumsum(codes.reshape(-1, length).T.astype(np.uint64) * powers[:, None], axis=0, out=sums[1:])
    return sums


def _hashes(prefixes: Any, sizes: Any, starts: Any, salts: Any) -> Any:
    """Of the letters of each window, the same wherever they stand; `salts` keep unlike parts apart.
    (windows, n)."""
    import numpy as np

    shifted = (prefixes[starts + sizes] - prefixes[starts]) * _powers()[1][starts, None]
    return mix_bits(shifted + (salts.astype(np.uint64) * np.uint64(0xD6E8FEB86659FD93))[:, None])


def _meeting(left: tuple[list, list], right: tuple[list, list]) -> tuple[Entries, Entries]:
    """The entries whose hash stands on both sides, of two rows at least; numbered buckets."""
    import numpy as np

    names, rows = np.concatenate(left[0]), np.concatenate(left[1])
    others, other_rows = np.concatenate(right[0]), np.concatenate(right[1])
    distinct = np.sort(names)
    distinct = distinct[np.concatenate([[True], distinct[1:] != distinct[:-1]])]
    place = np.minimum(np.searchsorted(distinct, others), len(distinct) - 1)
    inside = distinct[place] == others
    place, other_rows = place[inside], other_rows[inside]
    # Every row of the left stands on the right as well, so a bucket of one entry there holds one
    # row.
    shared = np.bincount(place, minlength=len(distinct)) > 1
    keep = shared[place]
    own = np.searchsorted(distinct, names)
    mine = shared[own]
    return Entries.from_unsorted(own[mine], rows[mine]), Entries.from_unsorted(
        place[keep], other_rows[keep]
    )


@cache
def _powers() -> tuple[Any, Any]:
    """BASE to the power of each place in a text, and of its opposite."""
    import numpy as np

    places = range(SEGMENTS_UP_TO + MOST_EDITS + 1)
    return (
        np.array([pow(BASE, at, 2**64) for at in places], dtype=np.uint64),
        np.array([pow(BASE, -at, 2**64) for at in places], dtype=np.uint64),
    )


@lru_cache(SEGMENTS_UP_TO)
def _parts(length: int) -> tuple[tuple[int, int], ...]:
    """(start, size) of PARTS parts of nearly the same size."""
    size, rest = divmod(length, PARTS)
    return tuple((place * size + min(place, rest), size + (place < rest)) for place in range(PARTS))


@lru_cache(SEGMENTS_UP_TO * PARTS)
def _windows(length: int, longer: int) -> tuple[Any, Any, Any]:
    """Places, sizes and starts of the pieces of a text, `longer` letters longer than `length`, that
    can be a part of it.

    A part may be shifted by no more than there are parts to its left, nor, counted from the other
    end, by more than there are to its right (Pass-Join, section 4.2).
    """
    import numpy as np

    windows = []
    for place, (start, size) in enumerate(_parts(length)):
        right = PARTS - 1 - place
        low = max(-min(place, MOST_EDITS), longer - right, -start)
        high = min(min(place, MOST_EDITS), longer + right, length + longer - size - start)
        windows += [(place, size, start + shift) for shift in range(low, high + 1)]
    places, sizes, starts = np.array(windows, dtype=np.int64).T
    return places, sizes, starts


def sketches(texts: list[str], lengths: Any) -> Any:
    """The letter pairs of each text as 256 bits, uint64, (n, 4); nothing for texts too long for
    segments. One edit replaces at most three pairs by three others, so texts of two edits differ in
    twelve bits at most."""
    import numpy as np

    bits = np.zeros((len(texts), 4), dtype=np.uint64)
    rows = np.flatnonzero((lengths >= SHORTEST) & (lengths <= SEGMENTS_UP_TO + MOST_EDITS))

    def work(start: int) -> None:
        own = rows[start : start + BLOCK]
        chosen = [texts[row] for row in own.tolist()]
        codes = np.frombuffer("".join(chosen).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        owner = np.repeat(np.arange(len(own)), lengths[own])
        place = (codes[:-1] * np.uint32(31) + codes[1:]) & np.uint32(255)
        inside = owner[:-1] == owner[1:]
        table = np.zeros((len(own), 256), dtype=bool)
        table[owner[:-1][inside], place[inside]] = True
        bits[own] = np.packbits(table, axis=1).view(np.uint64)

    spread(work, range(0, len(rows), BLOCK))
    return bits


def edit_similarities(texts: list[str], first: Any, second: Any) -> Any:
    """1 - edits / length of the longer text, 0 where the shorter one allows fewer edits; float64,
    (pairs,)."""
    import numpy as np

    lengths = np.array(
        [
            [len(texts[i]), len(texts[j])]
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ]
    )
    lengths = lengths.reshape(-1, 2)
    longest, shortest = lengths.max(axis=1), lengths.min(axis=1)
    swap = lengths[:, 0] < lengths[:, 1]
    long, short = np.where(swap, second, first), np.where(swap, first, second)
    counts = np.empty(len(first), dtype=np.int64)
    if len(first) < FEW:
        for at, (i, j) in enumerate(zip(long.tolist(), short.tolist(), strict=True)):
            counts[at] = edits(texts[i], texts[j])
    else:
        order = np.argsort(longest, kind="stable")

        def work(start: int) -> None:
            own = order[start : start + BLOCK]
            counts[own] = _count_edits(
                [texts[i] for i in long[own].tolist()], [texts[j] for j in short[own].tolist()]
            )

        spread(work, range(0, len(first), BLOCK))
    allowed = np.minimum(MOST_EDITS, shortest // 10)
    return np.where((counts <= allowed) & (allowed > 0), 1 - counts / np.maximum(longest, 1), 0.0)


def _count_edits(long: list[str], short: list[str]) -> Any:
    """Edits of each pair, OVER for more. All tables are filled row by row at once, five cells of
    each row."""
    import numpy as np

    n, m = np.array(list(map(len, long))), np.array(list(map(len, short)))
    width = int(n.max(initial=0))
    reach = np.arange(-MOST_EDITS, MOST_EDITS + 1)
    a, b = _matrix(long, width), _matrix(short, width)
    result = np.full(len(long), OVER, dtype=np.uint8)
    # Cell o of row i stands for i letters of the longer text and i + reach[o] of the shorter one.
    # Rows -1 and 0:
    before = np.full((len(reach), len(long)), OVER, dtype=np.uint8)
    above = np.repeat(
        np.where(reach < 0, OVER, np.minimum(reach, OVER)).astype(np.uint8)[:, None],
        len(long),
        axis=1,
    )
    _record_ends(result, above, n, m, 0)
    for i in range(1, width + 1):
        row = np.full_like(above, OVER)
        for o, shift in enumerate(reach.tolist()):
            j = i + shift
            if j < 0 or j > width:
                continue
            if j == 0:
                row[o] = min(i, OVER)
                continue
            best = above[o] + (a[i - 1] != b[j - 1])
            if o + 1 < len(reach):
                np.minimum(best, above[o + 1] + 1, out=best)
            if o:
                np.minimum(best, row[o - 1] + 1, out=best)
            if i > 1 and j > 1:
                swapped = (a[i - 1] == b[j - 2]) & (a[i - 2] == b[j - 1])
                np.minimum(best, np.where(swapped, before[o] + 1, OVER), out=best)
            np.minimum(best, OVER, out=row[o])
        _record_ends(result, row, n, m, i)
        before, above = above, row
    return result


def _matrix(texts: list[str], width: int) -> Any:
    """Code points, one text a column; what is filled in below shorter ones is never looked at
    again."""
    import numpy as np

    joined = "".join([text.ljust(width, "\0") for text in texts])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.ascontiguousarray(codes.reshape(len(texts), width).T)


def _record_ends(result: Any, row: Any, n: Any, m: Any, i: int) -> None:
    """The count of pairs whose longer text ends at row i stands in the cell of the shorter one's
    end."""
    pairs = ((n == i) & (n - m <= MOST_EDITS)).nonzero()[0]
    result[pairs] = row[MOST_EDITS - (n - m)[pairs], pairs]
