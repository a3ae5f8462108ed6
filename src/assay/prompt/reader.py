"""Answer with the run of words that a small network, trained on your rows, finds most likely in the passages.

What it is for   short answers that stand in a text, without a language model; with a few hundred rows a network that
                 weighs features of words learns more than an encoder that is fine-tuned
Costs            a minute of training on one core, milliseconds an answer; `encoder: none` needs no model at all
Source           features: Rajpurkar et al. (2016), SQuAD, arxiv.org/abs/1606.05250, section 5; one softmax over all runs:
                 Lee et al. (2017), RaSoR, arxiv.org/abs/1611.01436
Good when        answers are pieces of the passages, word for word; a hundred rows or more
Watch out        it says only what stands there, and never puts two places together. Rows whose answer does not stand in
                 their passages are not learnt from, unless many have the same answer, such as `unknown`
Passages         those of the row; where rows have none, the best of the project's documents by BM25
Defaults from    measured on xquad (English, 700 rows to learn from): see docs/methods/reader.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from assay.errors import Problem, TrainError
from assay.nouns import Adapted, Answer, Example, Lesson, Strategy, Tell
from assay.prompt import read_passages
from assay.prompt.majority import need_rows
from assay.prompt.ranked import WordOrder
from assay.prompt.spans.candidates import Passage, runs
from assay.prompt.spans.features import Known, features, words_of
from assay.store import read_json, write_json, write_tensors

if TYPE_CHECKING:
    import numpy as np

    from assay.prompt.spans.network import Posed, SpanNetwork


LOOKED_IN = 6  # sentences of a question, those that fit it best
REACH = 0.98  # of the answers of train are not longer than the longest run that is looked at
LONGEST = 16  # tokens of a run, whatever train says


class Reader(Strategy):
    kind: Literal["reader"] = "reader"
    top: int = Field(default=4, ge=1, le=50)
    networks: int = Field(default=3, ge=1, le=20)
    reads = ("train", "documents")
    neural = True
    seeded = True
    libraries = ("snowballstemmer",)

    def fit(self, lesson: Lesson) -> Adapted:
        need_rows("reader", lesson)
        return read_passages.read(self, self.top, lesson, self._fitted)

    def _fitted(self, lesson: Lesson) -> ReaderAnswers:
        from assay.prompt.spans.network import trained

        found = Reading.of(lesson.train)
        posed = []
        for row in lesson.train:
            one = found.posed(row)
            worth = one.worth(row)
            if len(worth) and worth.max() > 0.5:
                posed.append(one.posed(worth))
        nets = [trained(posed, lesson.seed + n, lambda done, total: None) for n in range(self.networks)]
        return ReaderAnswers(found, nets)

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        raise NotImplementedError


@dataclass(frozen=True)
class Place:
    """A question's runs, of all its passages."""

    asked: np.ndarray
    columns: np.ndarray
    texts: list[str]

    def worth(self, row: Example) -> np.ndarray:
        import numpy as np

        wanted = [Counter(kept_words(text)) for text in (row.target or "", *row.also)]
        out = np.zeros(len(self.texts), dtype=np.float32)
        for at, text in enumerate(self.texts):
            own = Counter(kept_words(text))
            out[at] = max(f1(own, other) for other in wanted)
        return out

    def posed(self, worth: np.ndarray | None = None) -> Posed:
        from assay.prompt.spans.network import Posed

        return Posed(self.asked, self.columns, worth)


def kept_words(text: str) -> list[str]:
    return [word for word in words_of(text) if word not in ("a", "an", "the")]


def f1(first: Counter, second: Counter) -> float:
    both = (first & second).total()
    return 2 * both / (first.total() + second.total()) if both else 0.0


@dataclass(frozen=True)
class Reading:
    known: Known
    order: WordOrder
    longest: int
    barred: frozenset[str]

    @classmethod
    def of(cls, train: Sequence[Example]) -> Reading:
        texts = list(dict.fromkeys(one.text for row in train for one in row.context))
        passages = [Passage(text) for text in texts]
        sentences = [p.said(a, b) for p in passages for a, b in p.sentences]
        answers, lengths = [], []
        for row in train:
            target = row.target or ""
            lengths.append(len(Passage(target).tokens))
            for one in row.context:
                at = one.text.find(target)
                if at >= 0 and target:
                    before, behind = Passage(one.text[:at]).tokens, Passage(one.text[at + len(target):]).tokens
                    answers.append((before[-1].casefold() if before else "", target, behind[0].casefold() if behind else ""))
                    break
        lengths.sort()
        longest = min(LONGEST, lengths[min(len(lengths) - 1, int(REACH * len(lengths)))])
        known = Known.of([row.messages[-1].content for row in train], texts, answers)
        ends = Counter(w for _, a, _ in answers if (ws := words_of(a)) for w in {ws[0], ws[-1]})
        barred = frozenset(w for w in known.common if ends[w] <= 0.002 * len(answers))
        return cls(known, WordOrder.over(sentences), max(1, longest), barred)

    def posed(self, row: Example) -> Place:
        import numpy as np
        from assay.prompt.retrieval.learned import standard

        question = row.messages[-1].content
        passages = [Passage(one.text) for one in row.context]
        scores = [np.array(self.order.scores(question, [p.said(a, b) for a, b in p.sentences])) for p in passages]
        flat = np.concatenate([*scores, np.zeros(0)])
        z = standard(flat)
        rank = np.empty(len(flat)); rank[np.argsort(-flat, kind="stable")] = np.arange(1, len(flat) + 1)
        at, columns, texts = 0, [], []
        for number, p in enumerate(passages):
            n = len(p.sentences)
            fit = np.stack([z[at:at+n], 1 / rank[at:at+n], np.full(n, 1 / (number + 1))], axis=1)
            near = [s for s in range(n) if rank[at + s] <= LOOKED_IN]
            at += n
            places = runs(p, near, self.longest, self.barred)
            if len(places):
                columns.append(features(self.known, self.order, question, p, fit, places))
                texts += [p.said(a, b) for a, b in places]
        made = np.concatenate(columns) if columns else np.zeros((0, self.known.width), dtype=np.float32)
        return Place(self.known.asked(question), made, texts)


class ReaderAnswers(Adapted):
    def __init__(self, reading: Reading, networks: Sequence[SpanNetwork]):
        self.reading, self.networks = reading, networks

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        import numpy as np

        out = []
        for q in questions:
            place = self.reading.posed(q)
            if not place.texts:
                out.append(Answer(None)); continue
            total = sum(softmax(net.scores(place.posed())) for net in self.networks) / len(self.networks)
            best = int(total.argmax())
            out.append(Answer(place.texts[best], raw=place.texts[best], confidence=round(float(total[best]), 4)))
        return out

    def save(self, folder: Path) -> None:
        raise NotImplementedError


def softmax(x):
    import numpy as np
    e = np.exp(x - x.max()); return e / e.sum()
