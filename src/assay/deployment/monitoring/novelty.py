"""What is new among the questions of a log, and which of them to label next.

Groups     questions far from training, by their vectors (audits/mistakes/groups.py), found on
           every second question of the log. One is named where questions like it are surely more
           frequent among the other half than among the held-back rows: Fisher's exact test,
           one-sided, p below .001 shared by the groups. A twentieth of any log lies farther than 95
           % of the held-back rows; that alone is no group
Like it    as near to the group's middle as nine in ten of its rows are to the middle of the others
Next       the question whose distance from the nearest training question, and from those chosen
           before it, times its doubt, is greatest. The distance is 1 - cosine, the doubt 1 + (1 -
           confidence), or 1 where no confidence is known: so a new question comes before a known
           one, and of two equally new ones the less certain
Watch out  rows chosen so are no random sample: learn from them, and measure on others
Source     greedy k-center: Gonzalez (1985), doi.org/10.1016/0304-3975(85)90224-5; Sener and
           Savarese (2018), arxiv.org/abs/1708.00489
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.audits.mistakes.groups import groups, words
from assay.deployment.monitoring.failure_rates import more_p

LEAST = 5  # questions of the smallest group
HALF = 3  # of the half that groups are found on
SURE = 0.001  # of all groups together
MOST = 1500  # questions that are grouped; of more, the farthest
SHOWN = 3  # examples of a group
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Group:
    """Questions of one kind that training does not have. `rows` are places in the log, nearest to
    the middle first."""

    rows: tuple[int, ...]
    near: int  # questions of the log as near to the group's middle as nine in ten of its own
    near_held: int  # held-back rows as near
    words: tuple[str, ...]
    p: float


def new_groups(vectors: np.ndarray, texts: Sequence[str], n: int, far: np.ndarray) -> list[Group]:
    """The groups of new questions, largest first.

    Args:
        vectors: (rows, width), of length 1; the first `n` rows are the log's, the others were held
            back.
        texts: of all rows. far: (n,) bool, which rows of the log are far from training.
    """
    mask = np.zeros(len(texts), dtype=bool)
    mask[np.flatnonzero(far)[:MOST]] = True
    half = mask.copy()
    half[1:n:2] = False
    found = [*groups(vectors, half, HALF), np.flatnonzero(half)] if half.sum() >= HALF else []
    told, common, taken = [], _common(texts[n:]), set[int]()
    for rows in found:
        if told and rows is found[-1]:  # all of them together, where no part of them is sure
            break
        around = _around(vectors, rows)
        others, held = int(((around < n) & (around % 2 == 1)).sum()), int((around >= n).sum())
        p = more_p(others, n // 2, held, len(texts) - n)
        inside = [int(at) for at in around if mask[at] and int(at) not in taken]
        if p < SURE / len(found) and len(inside) >= LEAST:
            taken.update(inside)
            own_words = tuple(word for word in words(texts, inside) if word not in common)
            told.append(Group(tuple(inside), int((around < n).sum()), held, own_words, p))
    return sorted(told, key=lambda group: -len(group.rows))


def _around(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Places of all rows like those at `rows`, nearest first. A row's own part in the middle of few
    would make it seem nearer than any other row can be."""
    middle, count = vectors[rows].mean(axis=0), len(rows)
    alike = vectors @ middle
    alike[rows] = (alike[rows] * count - np.einsum("ij,ij->i", vectors[rows], vectors[rows])) / max(
        1, count - 1
    )
    order = np.argsort(-alike, kind="stable")
    return order[alike[order] >= np.percentile(alike[rows], 10)]


def _common(texts: Sequence[str]) -> set[str]:
    """Words that stand in a tenth of the held-back rows: no name for what is new."""
    counts = Counter(word for text in texts for word in set(_WORD.findall(text.casefold())))
    return {word for word, count in counts.items() if count >= len(texts) / 10}


def next_rows(vectors: Any, known: Any, doubt: np.ndarray, most: int) -> list[int]:
    """Places of the questions to label next, best first; none that is a copy of a known one or of
    one chosen.

    Args:
        vectors: (n, width); known: (m, width), training and held-back rows; of length 1 or 0, dense
            or sparse.
        doubt: (n,) in [0, 1], 1 - confidence; 0 where it is not known.
    """
    closest = np.zeros(vectors.shape[0])
    for start in range(0, vectors.shape[0], 512):
        product = vectors[start : start + 512] @ known.T
        alike = product if isinstance(product, np.ndarray) else product.toarray()
        closest[start : start + 512] = alike.max(axis=1, initial=0.0)
    taken: list[int] = []
    for _ in range(min(most, vectors.shape[0])):
        worth = np.maximum(1 - closest, 0) * (1 + doubt)
        worth[taken] = -1
        best = int(worth.argmax())
        if worth[best] < 1e-3:
            break
        taken.append(best)
        product = vectors @ vectors[[best]].T
        alike = product if isinstance(product, np.ndarray) else product.toarray()
        closest = np.maximum(closest, np.asarray(alike).ravel())
    return taken
