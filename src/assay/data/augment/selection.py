"""Which rows an augmentation works on, and the random draws it makes: of the seed and the texts,
never of the order."""

import random
from collections.abc import Sequence

from assay.core.sampling import hash_rank, random_stream
from assay.core.types import Example


def draw_for(example: Example, kind: str, seed: int, copy: int = 0) -> random.Random:
    """A generator of random numbers of this row's own."""
    return random_stream(_number(example, kind, seed, copy))


def choose_rows(examples: Sequence[Example], share: float, kind: str, seed: int) -> list[Example]:
    """A share of the rows, in input order: at least one where share and rows are above 0. A smaller
    share is a part of a larger one."""
    wanted = max(1, round(share * len(examples))) if share and examples else 0
    order = sorted(range(len(examples)), key=lambda at: (_number(examples[at], kind, seed, -1), at))
    return [examples[at] for at in sorted(order[:wanted])]


def _number(example: Example, kind: str, seed: int, copy: int) -> str:
    return hash_rank(seed, kind, copy, example.text, example.target or "")
