"""Candidates for a question: the first stage of a search, and passages that look right and are not.

First stage  BM25 and cosine, each a ranking, put together as `rag` does it with `find: hybrid`
Negatives    the first stage's best passages without an answer, as Karpukhin et al. (2020), Dense
             Passage Retrieval, aclanthology.org/2020.emnlp-main.550, take BM25's; a passage whose
             cosine is above a share of the gold one's is likely a right one that nobody has marked,
             and is skipped: Moreira et al. (2024), NV-Retriever, arxiv.org/abs/2407.15831
             (TopK-PercPos, 95 %)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.fusion import MEANING, fuse_rankings
from assay.retrieval.stemming import Stems
from assay.training.retriever.training_pairs import GoldQuestion

BLOCK = 256  # questions whose cosines are in memory at once


def words_of(passages: Sequence[str]) -> Bm25Index:
    """BM25 over the passages, as `rag` has it."""
    return Bm25Index(passages, Stems())


def by_words(words: Bm25Index, question: str, top: int) -> list[int]:
    """The passages that share a word with the question, best first; equal scores keep the passages'
    order."""
    return [place for place, _ in words.find(Counter(words.stems(question)), top)]


def nearest(cosines: np.ndarray, top: int) -> list[int]:
    """Indices of the highest of `cosines`, best first; equal ones keep their order."""
    return [int(i) for i in np.argsort(-cosines.round(5), kind="stable")[:top]]


def first_stage(
    questions: Sequence[str], words: Bm25Index, cosines: np.ndarray, top: int
) -> list[list[int]]:
    """The `top` passages of each question by both, fused with the default weight. `cosines`:
    (questions, passages)."""
    deep = max(2 * top, 100)
    found = []
    for question, row in zip(questions, cosines, strict=True):
        meaning = [(place, float(row[place])) for place in nearest(row, deep)]
        both = fuse_rankings(
            words.find(Counter(words.stems(question)), deep), meaning, MEANING, top
        )
        found.append([place for place, _ in both])
    return found


def retrieve_with_cosines(
    questions: Sequence[str], words: Bm25Index, asked: np.ndarray, told: np.ndarray, top: int
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Of each question: the `top` passages of the first stage, and its cosines with all passages.

    Args:
        asked, told: vectors of the questions and of the passages, rows of length 1.
    """
    for at in range(0, len(questions), BLOCK):
        cosines = asked[at : at + BLOCK] @ told.T
        yield from zip(
            first_stage(questions[at : at + BLOCK], words, cosines, top), cosines, strict=True
        )


def hard(
    pair: GoldQuestion, ranked: Sequence[int], cosines: np.ndarray, margin: float
) -> list[int]:
    """Those of `ranked` that do not hold the answer and are not likely to: no gold passage, and a
    cosine of at most `margin` times that of the best gold one. `cosines`: of the question with all
    passages."""
    limit = margin * float(cosines[list(pair.gold)].max())
    return [place for place in ranked if place not in pair.gold and float(cosines[place]) <= limit]


def reciprocal(ranked: Sequence[int], gold: Sequence[int]) -> float:
    """1 / rank of the first gold passage, 0 where none is ranked."""
    return next((1 / rank for rank, place in enumerate(ranked, start=1) if place in gold), 0.0)
