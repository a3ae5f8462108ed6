"""How surprising the letters of a row are to a model of all other rows.

Model    letters in threes: p(c | ab), smoothed with p(c | b) and p(c); each row is judged by counts
         without its own
Source   Shannon (1948), A Mathematical Theory of Communication, section 3; the smoothing is that of
         MacKay, Peto (1995), A hierarchical Dirichlet language model,
         doi.org/10.1017/S1351324900000218
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

LETTERS = 62  # the most frequent ones have a place of their own; all others share one
STRENGTH = 4.0  # how many letters the shorter context counts for


def surprise(texts: Sequence[str]) -> Any:
    """Bits per letter of each text, float64 of shape (texts,); nan for a text without letters.

    Case and everything but letters is set aside: digits and marks are no sign of nonsense.
    """
    import numpy as np

    words = [
        " ".join("".join(c if c.isalpha() else " " for c in text.lower()).split()) for text in texts
    ]
    frequent = Counter(chain.from_iterable(words))
    places = {
        c: at
        for at, (c, _) in enumerate(
            sorted(frequent.items(), key=lambda item: (-item[1], item[0]))[:LETTERS], 1
        )
    }
    width = len(places) + 2  # 0: all rarer letters; the last one: the end of a text
    rows = [
        np.array([width - 1, width - 1, *(places.get(c, 0) for c in row), width - 1])
        for row in words
    ]
    ones, twos, threes = (np.zeros(width**n) for n in (1, 2, 3))
    indexed = []
    for row in rows:
        a, b, c = row[:-2], row[1:-1], row[2:]
        three = (a * width + b) * width + c
        indexed.append(three)
        np.add.at(threes, three, 1)
    twos = threes.reshape(width, width, width).sum(axis=0).ravel()
    ones = twos.reshape(width, width).sum(axis=0)
    # Not `twos`: the pair before the first letter ends no text, and the last pair begins no three.
    contexts = threes.reshape(-1, width).sum(axis=1)
    bits = np.full(len(rows), np.nan)
    for at, three in enumerate(indexed):
        if len(three) > 1:
            bits[at] = _bits(three, ones, twos, threes, contexts, width)
    return bits


def _bits(three: Any, ones: Any, twos: Any, threes: Any, contexts: Any, width: int) -> float:
    import numpy as np

    def others(counts: Any, index: Any) -> Any:
        """Counts over the other rows at these places."""
        _, inverse, own = np.unique(index, return_inverse=True, return_counts=True)
        return counts[index] - own[inverse]

    two, one, ab, b = three % width**2, three % width, three // width, three // width % width
    p = (others(ones, one) + 1) / (ones.sum() - len(three) + width)
    p = (others(twos, two) + STRENGTH * p) / (others(ones, b) + STRENGTH)
    p = (others(threes, three) + STRENGTH * p) / (others(contexts, ab) + STRENGTH)
    return float(-np.log2(p).mean())
