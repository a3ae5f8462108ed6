"""Questions and their passages as rows of numbers for the network, by what was seen in train.

Sentences  the few that fit the question best, by words and where there are vectors also by meaning:
           a long text costs no more than a short one
Runs       as long as nearly all answers of train; words of the commonest that no answer begins or
           ends with are barred
Nowhere    where many training rows have one answer that does not stand in their passages
           (`unknown`), it is a run too
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.core.types import Example
from assay.retrieval.learned_fusion import standard
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.span_candidates import PassageTokens, runs
from assay.strategies.spans.span_features import COVERED, Known, features, words_of

if TYPE_CHECKING:
    import numpy as np

LOOKED_IN = 6  # sentences of a question
REACH = 0.98  # of the answers of train are not longer than the longest run that is looked at
LONGEST = 16  # tokens of a run, whatever train says
NOWHERE, LEAST = 0.05, 3  # share of train, and rows, that an answer which stands nowhere must have
MEANINGS = 40  # directions of the questions' vectors
SOFTER = 0.3  # times a direction of deviation 1: the words of the question count first
ARTICLES = frozenset(("a", "an", "the"))

# of questions and sentences, float32, length 1; empty without an encoder
Vectors = Mapping[str, "np.ndarray"]


@dataclass(frozen=True)
class Posed:
    """A question: `asked` (columns of a question,), `columns` (runs, columns of a run), and the
    texts of the runs."""

    asked: np.ndarray
    columns: np.ndarray
    texts: list[str]


@dataclass(frozen=True)
class SpanEncoder:
    """`axes`: what a question's vector is projected on, (width + 1, MEANINGS), the last row being
    its mean there."""

    known: Known
    order: WordOrder
    longest: int
    barred: frozenset[str]
    nowhere: str = ""
    axes: np.ndarray | None = None

    @classmethod
    def of(cls, train: Sequence[Example], vectors: Vectors) -> SpanEncoder:
        texts = list(dict.fromkeys(one.text for row in train for one in row.context))
        passages = [PassageTokens(text) for text in texts]
        lengths = sorted(len(PassageTokens(row.target or "").tokens) for row in train)
        found = [place for row in train if (place := _beside(row)) is not None]
        known = Known.of([last_message_text(row) for row in train], texts, found)
        ends = Counter(end for _, answer, _ in found for end in _ends(answer))
        return cls(
            known,
            WordOrder.over(p.span_text(*place) for p in passages for place in p.sentences),
            max(1, min(LONGEST, lengths[min(len(lengths) - 1, int(REACH * len(lengths)))])),
            frozenset(word for word in known.common[: len(known.common) // 2] if not ends[word]),
            _nowhere(train),
            _axes([vectors[last_message_text(row)] for row in train]) if vectors else None,
        )

    def encode_row(self, row: Example, vectors: Vectors) -> Posed:
        import numpy as np

        question = last_message_text(row)
        passages = [PassageTokens(one.text) for one in row.context]
        fit = self._fit(question, passages, vectors)
        columns, texts, at = [], [], 0
        for passage in passages:
            own = fit[at : at + len(passage.sentences)]
            at += len(own)
            near = [number for number, values in enumerate(own) if 1 / values[1] <= LOOKED_IN + 0.5]
            places = runs(passage, near, self.longest, self.barred)
            if len(places):
                columns.append(features(self.known, self.order, question, passage, own, places))
                texts += [passage.span_text(*place) for place in places.tolist()]
        made = np.concatenate([*columns, np.zeros((0, self.known.width), dtype=np.float32)])
        made = np.concatenate([made, np.zeros((len(made), 1), dtype=np.float32)], axis=1)
        if self.nowhere:
            line = np.zeros((1, made.shape[1]), dtype=np.float32)
            line[0, -1], line[0, COVERED] = 1, made[:, COVERED].max(initial=0)
            made, texts = np.concatenate([made, line]), [*texts, self.nowhere]
        return Posed(self._encode_question(question, vectors), made, texts)

    def _encode_question(self, question: str, vectors: Vectors) -> np.ndarray:
        import numpy as np

        own = self.known.question_features(question)
        if self.axes is None:
            return own
        return np.concatenate(
            [own, SOFTER * (vectors[question] @ self.axes[:-1] - self.axes[-1])]
        ).astype(np.float32)

    def _fit(
        self, question: str, passages: Sequence[PassageTokens], vectors: Vectors
    ) -> np.ndarray:
        """Of all sentences, in order: standard score of words and one over its rank by both, one
        over the passage's place, standard score of meaning."""
        import numpy as np

        said = [passage.span_text(*place) for passage in passages for place in passage.sentences]
        words = standard(self.order.scores(question, said))
        meaning = np.zeros(len(said))
        if vectors and said:
            meaning = standard(np.array([vectors[text] for text in said]) @ vectors[question])
        rank = np.empty(len(said))
        rank[np.argsort(-(words + meaning).round(5), kind="stable")] = np.arange(1, len(said) + 1)
        place = [
            number for number, passage in enumerate(passages, start=1) for _ in passage.sentences
        ]
        return np.stack([words, 1 / rank, 1 / np.array(place, dtype=float), meaning], axis=1)

    def to_json(self) -> dict[str, Any]:
        own = {"longest": self.longest, "barred": sorted(self.barred), "nowhere": self.nowhere}
        return {"known": self.known.to_json(), **own}

    @classmethod
    def from_json(
        cls, saved: dict[str, Any], order: WordOrder, axes: np.ndarray | None
    ) -> SpanEncoder:
        known = Known.from_json(saved["known"])
        return cls(
            known, order, saved["longest"], frozenset(saved["barred"]), saved["nowhere"], axes
        )


def last_message_text(row: Example) -> str:
    return row.messages[-1].content


def sentences_of(rows: Sequence[Example]) -> list[str]:
    """The sentences of all passages, each once."""
    texts = dict.fromkeys(one.text for row in rows for one in row.context)
    return list(
        dict.fromkeys(
            p.span_text(*place) for p in map(PassageTokens, texts) for place in p.sentences
        )
    )


def worth(row: Example, texts: Sequence[str]) -> np.ndarray:
    """float32: F1 of the words of each text and the nearest accepted answer, articles left out."""
    import numpy as np

    wanted = [_count_words(text) for text in (row.target or "", *row.also)]
    return np.array(
        [max(_f1(own, other) for other in wanted) for own in map(_count_words, texts)],
        dtype=np.float32,
    )


def _count_words(text: str) -> Counter[str]:
    return Counter(word for word in words_of(text) if word not in ARTICLES)


def _f1(first: Counter[str], second: Counter[str]) -> float:
    total = first.total() + second.total()
    return 2 * sum(min(n, second[word]) for word, n in first.items()) / total if total else 0.0


def _beside(row: Example) -> tuple[str, str, str] | None:
    """(token before, answer, token behind), in lower case but for the answer, where it first stands
    in a passage."""
    target = row.target or ""
    for one in row.context if target else ():
        at = one.text.find(target)
        if at >= 0:
            before, behind = (
                PassageTokens(one.text[:at]).tokens,
                PassageTokens(one.text[at + len(target) :]).tokens,
            )
            return (
                (before[-1] if before else "").casefold(),
                target,
                (behind[0] if behind else "").casefold(),
            )
    return None


def _ends(answer: str) -> set[str]:
    words = words_of(answer)
    return {words[0], words[-1]} if words else set()


def _nowhere(train: Sequence[Example]) -> str:
    """The commonest answer that does not stand in its row's passages, if many rows have it; ""
    else."""
    lost = Counter(row.target for row in train if row.target and _beside(row) is None)
    text, rows = min(lost.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
    return text if rows >= max(LEAST, NOWHERE * len(train)) else ""


def _axes(vectors: Sequence[np.ndarray]) -> np.ndarray:
    """The directions in which questions differ most, each scaled to deviation 1; the last row is
    their mean."""
    import numpy as np

    every = np.array(vectors, dtype=np.float64)
    mean = every.mean(0)
    _, sizes, axes = np.linalg.svd(every - mean, full_matrices=False)
    kept = sizes[:MEANINGS] > 1e-6 * max(1e-12, sizes[0])
    # The sign of a direction is a matter of chance: the largest entry is positive.
    axes = axes[:MEANINGS][kept]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    scaled = axes.T / (sizes[:MEANINGS][kept] / np.sqrt(len(every)))
    return np.concatenate([scaled, (mean @ scaled)[None]]).astype(np.float32)
