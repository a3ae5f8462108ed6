"""Which texts stand inside others: a question with a greeting before it, a reply that quotes what
it answers.

What it is for   Jaccard takes a text and the same text inside a longer one for unlike, and a model
                 that was trained on the one has seen the other
Share            of the smaller text's shingles (three words in a row) how many stand in the larger
                 one, each counted by how rare it is: what half of all rows say tells nothing. From
                 `threshold` on the smaller one is contained
Rare             the two must share RARE shingles that hardly any other row has, so that neither a
                 common phrase ("thank you very much for your help") nor a template around other
                 contents names a row
Source           Broder (1997), On the resemblance and containment of documents,
                 10.1109/SEQUEN.1997.666900; Spärck Jones (1972), 10.1108/eb026526 (weights);
                 ppjoin-like filtering by rare shingles: Xiao et al. (2008), 10.1145/1367497.1367516
Cost             an inverted index over rare shingles: pairs that share none are never looked at.
                 Memory: about 30 bytes a word of the texts, and what a block of rows finds
Watch out        the words of a paraphrase are others; a text of fewer than SHORTEST words is
                 contained in nothing; where all texts are one template around a word or two, the
                 name of a thing stands in that of another
Defaults from    official splits of six sets, read by eye: from 0.9 on nearly every pair is one text
                 inside the other, below it texts differ in the word that matters ("change my name",
                 "change my pin"): docs/steps.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from assay.core.words import UNSPACED
from assay.data.dedup.minhash import mix_bits
from assay.data.text_similarity import Key

THRESHOLD = 0.9
WIDTH = 3  # words of a shingle
# words of a text that can be contained; of fewer, down to FEWEST, it needs so many letters
SHORTEST = 8
FEWEST, LETTERS = 6, 40
RARE = 3  # rare shingles that two texts share
RARE_ROWS, RARE_SHARE, MOST_RARE = (
    5,
    0.005,
    100,
)  # a shingle is rare in so many rows, or this share of them; never in more
ROWS = 1024  # rows of the left looked up at a time
# Scripts that put no space between words: each letter counts as one.
_UNSPACED = re.compile(f"([{UNSPACED}])")


class ContainmentPairs(NamedTuple):
    """Pairs of texts of which one holds the other: places in `left` and `right`, and the share of
    the smaller one that stands in the larger; int, int, float64, (n,) each, by left, then right."""

    left: Any
    right: Any
    share: Any


def containment_pairs(
    left: Sequence[Key], right: Sequence[Key], threshold: float
) -> ContainmentPairs:
    """Each text of `left` and of `right`, distinct within a side, of which one stands in the other.
    Equal keys are no pair, nor are texts that came with other passages."""
    import numpy as np

    none = ContainmentPairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    if not left or not right:
        return none
    number: dict[Key, int] = {}
    sides = [[number.setdefault(key, len(number)) for key in keys] for keys in (left, right)]
    table, weights, rare = _weigh_shingles(list(number))
    if not rare.any():
        return none
    total = table @ weights
    first, second = (table[side] for side in sides)
    own, other = (np.array(side) for side in sides)
    found = []
    looked = second[:, rare].T.tocsr()
    for start in range(0, len(own), ROWS):
        shared = (first[start : start + ROWS, rare] @ looked).tocoo()
        keep = (shared.data >= RARE) & (own[start + shared.row] != other[shared.col])
        a, b = shared.row[keep] + start, shared.col[keep]
        if not len(a):
            continue
        both = _common_weight(first, second, weights, a, b)
        share = both / np.minimum(total[own[a]], total[other[b]])
        near = share >= threshold - 1e-9
        found.append(np.stack([a[near], b[near], share[near]]))
    if not found:
        return none
    a, b, share = np.concatenate(found, axis=1)
    order = np.lexsort((b, a))
    return ContainmentPairs(
        a[order].astype(np.int64), b[order].astype(np.int64), np.minimum(share[order], 1.0)
    )


def _weigh_shingles(keys: Sequence[Key]) -> tuple[Any, Any, Any]:
    """(texts by shingle, float32 of zeros and ones, sparse; the weight of each shingle; which
    shingles are rare). The weight is 1 for a shingle of two texts and falls to 0 for one of all."""
    import numpy as np
    from scipy.sparse import csr_array

    shingles, owner = _shingles(keys)
    names, column = np.unique(shingles, return_inverse=True)
    pairs = np.unique(owner * len(names) + column)
    owner, column = pairs // max(1, len(names)), pairs % max(1, len(names))
    rows = np.bincount(column, minlength=len(names))
    kept = rows > 1  # a shingle of one text is shared with none, but counts in its size
    n = len(keys)
    table = csr_array(
        (np.ones(len(owner), dtype=np.float32), (owner, column)), shape=(n, len(names))
    )
    weights = np.ones(len(names)) if n < 3 else np.clip(np.log(n / rows) / np.log(n / 2), 0.0, 1.0)
    return table, weights, kept & (rows <= min(MOST_RARE, max(RARE_ROWS, RARE_SHARE * n)))


def _shingles(keys: Sequence[Key]) -> tuple[Any, Any]:
    """(a number for each shingle, the text that it stands in), int64; texts that are too short have
    none."""
    import numpy as np

    words: dict[str, int] = {}
    scopes: dict[str, int] = {}
    codes: list[int] = []
    sizes = np.zeros(len(keys), dtype=np.int64)
    own = np.zeros(len(keys), dtype=np.uint64)
    for at, key in enumerate(keys):
        text = key.text if key.text.isascii() else _UNSPACED.sub(r" \1 ", key.text)
        said = text.split()
        if len(said) < (FEWEST if len(text) >= LETTERS else SHORTEST):
            continue
        codes.extend([words.setdefault(word, len(words)) for word in said])
        sizes[at], own[at] = len(said), scopes.setdefault(key.scope, len(scopes))
    if not codes:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    numbers = np.array(codes, dtype=np.uint64)
    owner = np.repeat(np.arange(len(keys)), sizes)
    hashed = mix_bits(
        numbers[: len(numbers) - WIDTH + 1]
        ^ mix_bits(own[owner[: len(numbers) - WIDTH + 1]] + np.uint64(1))
    )
    for step in range(1, WIDTH):
        hashed = mix_bits(
            hashed ^ numbers[step : len(numbers) - WIDTH + 1 + step] + np.uint64(step << 40)
        )
    inside = owner[: len(hashed)] == owner[WIDTH - 1 :]
    return hashed[inside].view(np.int64), owner[: len(hashed)][inside]


def _common_weight(first: Any, second: Any, weights: Any, a: Any, b: Any) -> Any:
    """The weight of what rows `a` of the one and `b` of the other share, (pairs,)."""
    import numpy as np

    parts = []
    for start in range(0, len(a), ROWS):
        both = first[a[start : start + ROWS]].multiply(second[b[start : start + ROWS]])
        parts.append(both.tocsr() @ weights)
    return np.concatenate(parts)
