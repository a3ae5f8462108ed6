"""What speaks for a run of tokens as the answer to a question: its form, its neighbours, the
question's words near it.

Asked       the words that many training questions have (`who`, `how`, `many`): a network joins them
            with the form
Form        length, digits, capitals, marks, how rare its words are, words that answers often have
Neighbours  the token before and the one behind, where these are common ones
Near        how much of the question (its stems, each as rare as it is) stands in the run, a few
            tokens before and behind it, and in its sentence; how far the next one is; how well the
            sentence fits among the others
Source      lexical features of spans: Rajpurkar et al. (2016), SQuAD, arxiv.org/abs/1606.05250,
            section 5.2, but for those that need a parser; sliding windows: Richardson et al.
            (2013), MCTest, aclanthology.org/D13-1020
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.spans.span_candidates import TOKEN, PassageTokens

if TYPE_CHECKING:
    import numpy as np

# question words at most, and the least share of the training questions that has one
CUES, SHARE = 48, 0.015
COMMON = 150  # words of the texts that count as common
BESIDE = 24  # tokens before an answer, and behind it, that have a column of their own
INSIDE = 24  # words of answers that have one
NEAR = (2, 5, 12)  # tokens
OPENED, CLOSED = frozenset("\"“‘'("), frozenset("\"”’')")
FORMS = 21
SPEAKS = 12 + 2 * len(NEAR)
COVERED = FORMS + 2  # the column of how much of the question the sentence has


@dataclass(frozen=True)
class Known:
    """The words that have columns; all in lower case."""

    cues: tuple[str, ...]
    common: tuple[str, ...]
    before: tuple[str, ...]
    behind: tuple[str, ...]
    inside: tuple[str, ...]

    @classmethod
    def of(
        cls, questions: Sequence[str], texts: Iterable[str], answers: Sequence[tuple[str, str, str]]
    ) -> Known:
        """
        Args:
            answers: (token before, answer, token behind) of training rows.
        """
        asked = Counter(word for text in questions for word in set(words_of(text)))
        cues = [word for word, n in _most(asked, CUES) if n >= SHARE * len(questions)]
        every = Counter(word for text in texts for word in words_of(text))
        said = Counter(word for _, answer, _ in answers for word in set(words_of(answer)))
        total, rows = max(1, every.total()), max(1, len(answers))
        lift = Counter(
            {word: n for word, n in said.items() if n >= 3 and n / rows > 3 * every[word] / total}
        )
        return cls(
            tuple(cues),
            tuple(word for word, _ in _most(every, COMMON)),
            tuple(word for word, _ in _most(Counter(before for before, _, _ in answers), BESIDE)),
            tuple(word for word, _ in _most(Counter(behind for _, _, behind in answers), BESIDE)),
            tuple(word for word, _ in _most(lift, INSIDE)),
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Known:
        return cls(**{name: tuple(words) for name, words in saved.items()})

    @property
    def width(self) -> int:
        return FORMS + SPEAKS + len(self.before) + len(self.behind) + len(self.inside)

    def question_features(self, question: str) -> np.ndarray:
        """float32 (cues + 1,): which of the words the question has, and its length."""
        import numpy as np

        own = words_of(question)
        has = set(own)
        return np.array([*(word in has for word in self.cues), len(own) / 12], dtype=np.float32)


def words_of(text: str) -> list[str]:
    return [token.casefold() for token in TOKEN.findall(text) if token[0].isalnum()]


def _most(counts: Counter[str], most: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def features(
    known: Known,
    order: WordOrder,
    question: str,
    passage: PassageTokens,
    fit: np.ndarray,
    runs: np.ndarray,
) -> np.ndarray:
    """float32 (runs, `known.width`).

    Args:
        order: has the stems, and how rare each is.
        fit: (sentences, 4): of each sentence of the passage how well it fits the question.
        runs: (runs, 2) places of tokens.
    """
    import numpy as np

    tokens = passage.tokens
    lower = [token.casefold() for token in tokens]
    first, last = runs[:, 0], runs[:, 1]
    form = _form(known, order, tokens, lower, passage, first, last)
    near = _near(order, question, passage, lower, fit, first, last)
    marks = [
        _one_hot(known.before, ["", *lower], first),
        _one_hot(known.behind, [*lower, ""], last),
        _within(known.inside, lower, first, last),
    ]
    return np.concatenate([form, near, *marks], axis=1).astype(np.float32)


def _form(
    known: Known,
    order: WordOrder,
    tokens: list[str],
    lower: list[str],
    passage: PassageTokens,
    first: np.ndarray,
    last: np.ndarray,
) -> np.ndarray:
    import numpy as np

    starts = {begin for begin, _ in passage.sentences}
    common = frozenset(known.common)
    rare = np.array(
        [order.rarity(stem) if (stem := order.stems.of(word)) else 0.0 for word in lower]
    )
    columns = {
        "digit": [token[0].isdigit() for token in tokens],
        "year": [len(token) == 4 and token.isdigit() and token[0] in "12" for token in tokens],
        "capital": [token[0].isupper() and at not in starts for at, token in enumerate(tokens)],
        "begins": [at in starts for at in range(len(tokens))],
        "upper": [len(token) > 1 and token.isupper() for token in tokens],
        "word": [token[0].isalnum() for token in tokens],
        "comma": [token == "," for token in tokens],
        "hyphen": [token in "-–" for token in tokens],
        "money": [token in "$€£¥%" for token in tokens],
        "common": [word in common for word in lower],
        "letters": [len(token) / 8 for token in tokens],
        "rare": rare / 8,
    }
    length = last - first
    sums = {
        name: _sums(np.array(values, dtype=float), first, last) for name, values in columns.items()
    }
    words = np.maximum(1.0, sums["word"])
    capital = np.array(columns["capital"], dtype=float)
    numeral = np.array(columns["digit"], dtype=float)
    usual = np.array(columns["common"], dtype=float)
    before, behind = ["", *tokens], [*tokens, ""]
    marked = [
        before[a] in OPENED and behind[b] in CLOSED
        for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]
    return np.stack(
        [
            *(np.log(length), length == 1, length == 2, (length > 2) & (length < 5), length > 8),
            *(
                sums["digit"] / words,
                sums["digit"] > 0,
                (sums["year"] > 0) & (length == 1),
                sums["year"] > 0,
            ),
            *(
                sums["capital"] / words,
                sums["begins"] > 0,
                sums["upper"] > 0,
                sums["comma"],
                sums["hyphen"],
            ),
            *(
                sums["money"] > 0,
                sums["common"] / words,
                usual[first],
                sums["letters"] / words,
                sums["rare"] / words,
            ),
            capital[first] * capital[last - 1] + numeral[first] * numeral[last - 1],
            marked,
        ],
        axis=1,
    )


def _near(
    order: WordOrder,
    question: str,
    passage: PassageTokens,
    lower: list[str],
    fit: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
) -> np.ndarray:
    import numpy as np

    asked = {stem: order.rarity(stem) for stem in order.stems(question)}
    total = sum(asked.values()) or 1.0
    weight = (
        np.array(
            [asked.get(order.stems.of(word), 0.0) if word[0].isalnum() else 0.0 for word in lower]
        )
        / total
    )
    n = len(weight)
    within = _sums(weight, first, last)
    sentence = np.zeros(n, dtype=np.int64)
    begins, ends = np.zeros(n, dtype=np.int64), np.full(n, n, dtype=np.int64)
    covered = np.zeros(n)
    for number, (begin, end) in enumerate(passage.sentences):
        stems = {order.stems.of(word) for word in lower[begin:end] if word[0].isalnum()}
        sentence[begin:end], begins[begin:end], ends[begin:end] = number, begin, end
        covered[begin:end] = sum(asked.get(stem, 0.0) for stem in stems) / total
    there = weight > 0
    left, right = _distance(there), _distance(there[::-1])[::-1]
    to_left = np.where(first > 0, left[np.maximum(first - 1, 0)] + 1, n)
    to_right = np.where(last < n, right[np.minimum(last, n - 1)] + 1, n)
    columns = [within, within > 0, covered[first], covered[first] - within]
    columns += [1 / to_left, 1 / to_right, 1 / np.minimum(to_left, to_right)]
    columns += [(first - begins[first]) / 20, *fit[sentence[first]].T]
    for width in NEAR:
        columns.append(_sums(weight, np.maximum(first - width, begins[first]), first))
        columns.append(_sums(weight, last, np.minimum(last + width, ends[first])))
    return np.stack(columns, axis=1)


def _sums(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    import numpy as np

    running = np.concatenate([[0.0], np.cumsum(values)])
    return running[last] - running[first]


def _distance(there: np.ndarray) -> np.ndarray:
    """How many tokens back the last one that is there stands, 0 for the token itself; the number of
    tokens for none."""
    import numpy as np

    places = np.where(there, np.arange(len(there)), -len(there))
    return np.arange(len(there)) - np.maximum.accumulate(places) if len(there) else np.zeros(0)


def _one_hot(words: Sequence[str], line: Sequence[str], places: np.ndarray) -> np.ndarray:
    import numpy as np

    column = {word: at for at, word in enumerate(words)}
    codes = np.array([column.get(word, len(words)) for word in line])
    return np.eye(len(words) + 1)[codes[places]][:, : len(words)]


def _within(
    words: Sequence[str], lower: Sequence[str], first: np.ndarray, last: np.ndarray
) -> np.ndarray:
    import numpy as np

    columns = [
        _sums(np.array([token == word for token in lower], dtype=float), first, last) > 0
        for word in words
    ]
    return np.stack(columns, axis=1) if columns else np.zeros((len(first), 0))
