"""Drop near copies: rows that differ from an earlier one by a few letters or words, naming the row that is kept.

Source      Broder (1997), On the resemblance and containment of documents, 10.1109/SEQUEN.1997.666900 (MinHash);
            Li, Deng, Wang, Feng (2011), Pass-Join, vldb.org/pvldb/vol5/p253_guoliangli_vldb2012.pdf (few edits)
How         MinHash bands and shared segments propose pairs; each is then measured exactly, so a hit is never a guess
Which stay  the first row of a group of copies; a row is compared with kept rows only, so no chain of small steps can
            drop a row that is unlike every kept one, and a second pass drops nothing
Watch out   texts made from one template with other numbers are near copies too
Defaults    threshold 0.8: see text.py for what it finds and what it lets through
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from assay.curate.text import (
    MOST_EDITS,
    Key,
    allowed_edits,
    edit_similarity,
    jaccard,
    key_of,
    same_target,
    shingles,
    sketch,
)
from assay.nouns import Changed, Dropped, Example, Means, SetStep

THRESHOLD = 0.8
PERMUTATIONS = 128
# From this length on, two edits leave Jaccard above 0.8, so the bands alone find the pair.
SEGMENTS_UP_TO = 80
# Two edits touch two parts of a text, or three when one of them swaps two letters across a border, so one part stays as
# it was. (Two such swaps at once may be missed, from either side alike.)
PARTS = MOST_EDITS + 2
# A text with this many of its family around it adds nothing as a way into the family: data made from one template would
# otherwise be compared pair by pair.
DENSE = 100
# Five standard deviations of a Jaccard of 0.8 estimated from 128 permutations.
ESTIMATE_MARGIN = 0.18


class Near(SetStep):
    kind: Literal["near"] = "near"
    # Similarity from which a row is a near copy (see text.py).
    threshold: float = Field(default=THRESHOLD, ge=0.5, le=1)
    # A near copy with another label: `drop` it and say so; `keep` both; `derive` keeps both where targets are free
    # text, because another answer means another question, and drops where targets are labels that repeat.
    conflicts: Literal["derive", "drop", "keep"] = "derive"

    def apply(self, examples: Sequence[Example], means: Means) -> Iterator[Example | Changed | Dropped]:
        keep = self.conflicts == "keep" or (self.conflicts == "derive" and not targets_repeat(examples))
        keys = [key_of(example) for example in examples]
        index, kept = Index(self.threshold), []
        for example, key, digest in zip(examples, keys, digests(keys, means.seed), strict=True):
            matches = (kept[number] for number, _ in index.matches(key, digest))
            if keep:
                matches = (other for other in matches if same_target(other, example))
            first = next(matches, None)
            if first is None:
                index.add(key, digest)
                kept.append(example)
                yield example
            else:
                same = same_target(first, example)
                yield Dropped(example, "near copy" if same else "near copy, different labels", kept=first.id)


def targets_repeat(examples: Sequence[Example]) -> bool:
    """Are the targets labels? They are when the rows have each target twice or more on average."""
    return len({example.target for example in examples}) * 2 <= len(examples)


def digests(keys: Sequence[Key], seed: int) -> Iterator[Any]:
    """MinHash digests, uint32 of shape (128,), one a key; made 4,096 at a time so that memory stays flat."""
    import numpy as np
    from rensa import RMinHash  # pyright: ignore[reportAttributeAccessIssue]  (a compiled module without stubs)

    for start in range(0, len(keys), 4096):
        part = keys[start : start + 4096]
        rows = RMinHash.digests_from_token_sets([shingles(key.text) for key in part], PERMUTATIONS, seed)
        yield from np.asarray(rows, dtype=np.uint32)


def rows_per_band(threshold: float, recall: float = 0.98) -> int:
    """The longest band with which a pair at `threshold` still shares a band with probability `recall`."""
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= recall:
            return rows
    return 1


class Index:
    """Texts seen so far, and which of them a new text is near to. Being near is symmetric: it depends on the two texts
    alone, not on which came first."""

    def __init__(self, threshold: float):
        import numpy as np

        self.threshold = threshold
        self._rows = rows_per_band(threshold)
        self._keys: list[Key] = []
        self._digests = np.empty((1024, PERMUTATIONS), dtype=np.uint32)
        self._sketches: list[int] = []
        self._bands: dict[tuple, int | list[int]] = {}
        self._segments: dict[tuple, int | list[int]] = {}

    def add(self, key: Key, digest: Any) -> int:
        """Take a text in; returns its number, counted from 0."""
        import numpy as np

        number = len(self._keys)
        if number == len(self._digests):
            self._digests = np.concatenate([self._digests, self._digests])  # the new half is overwritten
        self._digests[number] = digest
        self._keys.append(key)
        self._sketches.append(sketch(key.text) if len(key.text) <= SEGMENTS_UP_TO else 0)
        for band in self._bands_of(key, digest):
            _put(self._bands, band, number)
        if allowed_edits(len(key.text)) and len(key.text) <= SEGMENTS_UP_TO:
            for place, (start, size) in enumerate(_parts(len(key.text))):
                segment = (len(key.text), place, key.text[start : start + size], key.scope)
                _put(self._segments, segment, number)
        return number

    def matches(self, key: Key, digest: Any, skip: Callable[[int], bool] | None = None) -> Iterator[tuple[int, float]]:
        """(number, similarity) of each text that is near to `key` or equal to it, lowest number first."""
        banded = self._banded(key, digest)
        sharing = self._sharing(key)
        for number in sorted(banded | sharing):
            if skip is not None and skip(number):
                continue
            similarity = self._similarity(key, number, number in banded, number in sharing)
            if similarity >= self.threshold:
                yield number, similarity

    def _similarity(self, key: Key, number: int, banded: bool, sharing: bool) -> float:
        other = self._keys[number]
        if other == key:
            return 1.0
        # Each measure only counts where its own search proposed the pair, or the result would depend on the order.
        by_edits = edit_similarity(key.text, other.text) if sharing else 0.0
        return max(by_edits, jaccard(key.text, other.text) if banded else 0.0)

    def _banded(self, key: Key, digest: Any) -> set[int]:
        """Texts that share a band with `key` and whose digests are not too different."""
        numbers = list(_found(self._bands, self._bands_of(key, digest)))
        if not numbers:
            return set()
        estimates = (self._digests[numbers] == digest).sum(axis=1)
        least = PERMUTATIONS * (self.threshold - ESTIMATE_MARGIN)
        return {number for number, count in zip(numbers, estimates.tolist(), strict=True) if count >= least}

    def _bands_of(self, key: Key, digest: Any) -> Iterator[tuple]:
        data, size = digest.tobytes(), 4 * self._rows
        for start in range(0, len(data) - size + 1, size):
            yield start, data[start : start + size], key.scope

    def _sharing(self, key: Key) -> set[int]:
        """Texts within MOST_EDITS edits of `key` leave one of their parts untouched, moved by MOST_EDITS at most."""
        text = key.text
        if not allowed_edits(len(text)) or len(text) > SEGMENTS_UP_TO + MOST_EDITS:
            return set()
        found = _found(
            self._segments,
            (
                (length, place, text[at : at + size], key.scope)
                for length in range(len(text) - MOST_EDITS, min(len(text) + MOST_EDITS, SEGMENTS_UP_TO) + 1)
                for place, size, at in _windows(length, len(text) - length)
            ),
        )
        bits = sketch(text)
        return {number for number in found if (bits ^ self._sketches[number]).bit_count() <= 6 * MOST_EDITS}


def _put(places: dict[tuple, int | list[int]], key: tuple, number: int) -> None:
    # Most places hold one text, and a million lists of one element cost memory and time.
    there = places.setdefault(key, number)
    if isinstance(there, list):
        there.append(number)
    elif there != number:
        places[key] = [there, number]


def _found(places: dict[tuple, int | list[int]], keys: Iterable[tuple]) -> set[int]:
    found: set[int] = set()
    for key in keys:
        there = places.get(key)
        if there is None:
            continue
        if isinstance(there, list):
            found.update(there)
        else:
            found.add(there)
    return found


@lru_cache(SEGMENTS_UP_TO)
def _parts(length: int) -> tuple[tuple[int, int], ...]:
    """(start, size) of PARTS parts of nearly the same size."""
    size, rest = divmod(length, PARTS)
    return tuple((place * size + min(place, rest), size + (place < rest)) for place in range(PARTS))


@lru_cache(SEGMENTS_UP_TO * PARTS)
def _windows(length: int, longer: int) -> tuple[tuple[int, int, int], ...]:
    """(place, size, start) of the pieces of a text, `longer` letters longer than `length`, that can be a part of it.

    A part may be shifted by no more than there are parts to its left, nor, counted from the other end, by more than
    there are to its right (Pass-Join, section 4.2).
    """
    if not allowed_edits(length):
        return ()
    windows = []
    for place, (start, size) in enumerate(_parts(length)):
        right = PARTS - 1 - place
        low = max(-min(place, MOST_EDITS), longer - right, -start)
        high = min(min(place, MOST_EDITS), longer + right, length + longer - size - start)
        windows += [(place, size, start + shift) for shift in range(low, high + 1)]
    return tuple(windows)


def families(keys: Sequence[Key], ties: Sequence[str | None], threshold: float) -> list[list[int]]:
    """Row numbers grouped so that equal rows, near rows and rows with the same tie (a group's name) are together.

    Chains count here: rows of one family must not be split, so this is the connected component.
    """
    parent = list(range(len(keys)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def join(first: int, second: int) -> None:
        low, high = sorted((root(first), root(second)))
        parent[high] = low

    first_of: dict[Any, int] = {}
    distinct: list[int] = []
    for row, (key, tie) in enumerate(zip(keys, ties, strict=True)):
        if first_of.setdefault(key, row) == row:
            distinct.append(row)
        join(first_of[key], row)
        if tie is not None:
            join(first_of.setdefault(("tie", tie), row), row)
    index, indexed = Index(threshold), []
    for row, digest in zip(distinct, digests([keys[row] for row in distinct], seed=0), strict=True):
        around = set()

        def joined(other: int, row: int = row, around: set[int] = around) -> bool:
            if root(indexed[other]) != root(row):
                return False
            around.add(other)
            return True  # measuring it again could change nothing

        for other, _ in index.matches(keys[row], digest, joined):
            join(indexed[other], row)
        if len(around) < DENSE:
            index.add(keys[row], digest)
            indexed.append(row)
    grouped: dict[int, list[int]] = {}
    for row in range(len(keys)):
        grouped.setdefault(root(row), []).append(row)
    return list(grouped.values())
