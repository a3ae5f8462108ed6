"""Candidates of a query put in order: by words, or by how likely a model finds that one is
relevant.

`WordOrder`     BM25 among the row's candidates, each stem as rare as it is among all candidates of
                the training rows
`pairs_of`      a row as one question a candidate, answered yes or no: what a model is asked, and
                what it is trained on
Source          BM25: Robertson and Zaragoza (2009), doi.org/10.1561/1500000019; likelihood of yes
                against no: Nogueira et al. (2020), Document Ranking with a Pretrained
                Sequence-to-Sequence Model, arxiv.org/abs/2003.06713
Watch out       a model is asked once a candidate: 20 candidates cost 20 prompts a row
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.store import read_json, write_json
from assay.core.types import Adapted, Answer, Example, Message, Tell
from assay.retrieval.bm25 import K1, B
from assay.retrieval.stemming import Stems
from assay.tasks.ranked_lists import NO, YES, format_ranking, grades_in

if TYPE_CHECKING:
    pass

ASKED = (
    "Query: {query}\nPassage: {passage}\nIs the passage relevant to the query? Answer yes or no."
)


def rank_by_scores(scores: Sequence[float]) -> Answer:
    """The order that the scores give; a score for each candidate is kept."""
    line = format_ranking(scores)
    return Answer(line, raw=line, scores=tuple(round(float(score), 4) for score in scores))


def pairs_of(row: Example) -> list[Example]:
    """One question a candidate. Where the row has grades, those above 0 are answered yes."""
    wanted: list[str | None] = [None] * len(row.options)
    if row.target is not None:
        wanted = [YES if grade > 0 else NO for grade in grades_in(row.target)]
    pairs = []
    for place, (candidate, target) in enumerate(zip(row.options, wanted, strict=True), start=1):
        text = ASKED.format(
            query=row.messages[-1].content.strip(), passage=" ".join(candidate.split())
        )
        messages = (*row.messages[:-1], Message("user", text))
        pairs.append(
            replace(
                row, id=f"{row.id}.{place}", messages=messages, target=target, options=(), also=()
            )
        )
    return pairs


class WordOrder(Adapted):
    """`rows` texts were counted; `holders`: how many of them have each stem; `length`: their mean
    length in stems."""

    def __init__(self, rows: int, holders: dict[str, int], length: float):
        self.rows, self.holders, self.length = rows, holders, length
        self.stems = Stems("english")

    @classmethod
    def of(cls, train: Sequence[Example]) -> WordOrder:
        return cls.over(text for row in train for text in row.options)

    @classmethod
    def over(cls, texts: Iterable[str]) -> WordOrder:
        """With the counts of these texts, each once."""
        of_text = Stems("english")
        stems = [of_text(text) for text in dict.fromkeys(texts)]
        holders = Counter(word for words in stems for word in set(words))
        return cls(
            len(stems), dict(sorted(holders.items())), sum(map(len, stems)) / max(1, len(stems))
        )

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        return [rank_by_scores(self.scores(q.messages[-1].content, q.options)) for q in questions]

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """BM25 of each text."""
        asked = Counter(self.stems(query))
        return [self._score(asked, self.stems(text)) for text in texts]

    def _score(self, asked: Counter[str], words: list[str]) -> float:
        counts = Counter(words)
        room = K1 * ((1 - B) + B * len(words) / (self.length or 1))
        return sum(
            n * self.rarity(word) * counts[word] / (counts[word] + room)
            for word, n in asked.items()
        )

    def rarity(self, word: str) -> float:
        """How rare a stem is: ln(1 + (n - df + 0.5) / (df + 0.5))."""
        held = self.holders.get(word, 0)
        return math.log(1 + (self.rows - held + 0.5) / (held + 0.5))

    def save(self, folder: Path) -> None:
        write_json(
            folder / "tfidf.json",
            {"rows": self.rows, "holders": self.holders, "length": self.length},
        )

    @classmethod
    def load(cls, folder: Path) -> WordOrder:
        return cls(**read_json(folder / "tfidf.json"))


def by_likelihood(
    model: Any, prompts: Sequence[Any], counts: Sequence[int], tell: Tell | None
) -> list[Answer]:
    """The candidates by the log odds of yes against no.

    Args:
        prompts: one a candidate, row after row. counts: candidates of each row.
    """
    import numpy as np

    scores = model.score(prompts, [YES, NO], left=0.0, tell=tell)
    odds = np.asarray(scores[:, 0] - scores[:, 1])
    tokens = [model.count_tokens(prompt) for prompt in prompts]
    found, at = [], 0
    for count in counts:
        answer = rank_by_scores(odds[at : at + count].tolist())
        found.append(replace(answer, prompt_tokens=sum(tokens[at : at + count])))
        at += count
    return found
