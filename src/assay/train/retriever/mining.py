"""Candidates for a question: the first stage of a search, and passages that look right and are not.

First stage  BM25 and cosine, each a ranking, put together by reciprocal ranks: Cormack et al. (2009),
             doi.org/10.1145/1571941.1572114
Negatives    the first stage's best passages without an answer, as Karpukhin et al. (2020), Dense Passage Retrieval,
             aclanthology.org/2020.emnlp-main.550, take BM25's; a passage whose cosine is above a share of the gold
             one's is likely a right one that nobody has marked, and is skipped: Moreira et al. (2024), NV-Retriever,
             arxiv.org/abs/2407.15831 (TopK-PercPos, 95 %)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import bm25s
import numpy as np

from assay.train.retriever.pairs import Pair

RRF = 60  # Cormack et al. (2009)
WORD = re.compile(r"\w+")


class Lexical:
    """BM25 over passages, on their words in lower case."""

    def __init__(self, passages: Sequence[str]):
        self.words: dict[str, int] = {}
        rows = [[self.words.setdefault(word, len(self.words)) for word in _words(text)] for text in passages]
        self.scorer: Any = None
        if self.words:
            self.scorer = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
            self.scorer.index(bm25s.tokenization.Tokenized(ids=rows, vocab=dict(self.words)), show_progress=False)

    def best(self, question: str, top: int) -> list[int]:
        """The passages that share a word with the question, best first; equal scores keep the passages' order."""
        ids = [self.words[word] for word in _words(question) if word in self.words]
        if not ids:
            return []
        scores = self.scorer.get_scores_from_ids(ids)
        order = np.argsort(-scores.round(5), kind="stable")[:top]
        return [int(i) for i in order if scores[i] > 0]


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def nearest(cosines: np.ndarray, top: int) -> list[int]:
    """Indices of the highest of `cosines`, best first; equal ones keep their order."""
    return [int(i) for i in np.argsort(-cosines.round(5), kind="stable")[:top]]


def fused(rankings: Sequence[Sequence[int]], top: int) -> list[int]:
    """Reciprocal rank fusion: the sum of 1 / (60 + rank) over the rankings that hold a passage."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, start=1):
            scores[place] = scores.get(place, 0.0) + 1 / (RRF + rank)
    return sorted(scores, key=lambda place: (-scores[place], place))[:top]


def first_stage(questions: Sequence[str], lexical: Lexical, cosines: np.ndarray, top: int) -> list[list[int]]:
    """The `top` passages of each question. `cosines`: (questions, passages)."""
    deep = max(2 * top, 100)
    return [
        fused([lexical.best(question, deep), nearest(row, deep)], top)
        for question, row in zip(questions, cosines, strict=True)
    ]


def hard(pair: Pair, ranked: Sequence[int], cosines: np.ndarray, margin: float) -> list[int]:
    """Those of `ranked` that do not hold the answer and are not likely to: no gold passage, and a cosine of at most
    `margin` times that of the best gold one. `cosines`: of the question with all passages."""
    limit = margin * float(cosines[list(pair.gold)].max())
    return [place for place in ranked if place not in pair.gold and float(cosines[place]) <= limit]


def reciprocal(ranked: Sequence[int], gold: Sequence[int]) -> float:
    """1 / rank of the first gold passage, 0 where none is ranked."""
    return next((1 / rank for rank, place in enumerate(ranked, start=1) if place in gold), 0.0)
