"""Draws by seed and hash: they depend on the seed and on what is drawn alone, so that another row,
another order of the rows or another draw beside it changes none.

Data    the parts, their order and the separator of a draw decide it. What a run has drawn is drawn
        again only where all three stay: none of them is changed
"""

from __future__ import annotations

import hashlib
import random


def hash_rank(*parts: object, sep: str = "\t") -> str:
    """Where something stands in a random order: the hash of the seed and of what it is. Things
    sorted by it are shuffled; the first `n` are a sample, and one of fewer is a part of it."""
    return hashlib.sha256(sep.join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def random_stream(*parts: object, sep: str = "\t") -> random.Random:
    """Random numbers of their own for a seed and what they are drawn for."""
    return random.Random(sep.join(map(str, parts)))
