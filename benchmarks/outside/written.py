"""Recipes for answers that are written: taken from passages, from documents or from training rows;
summaries; numbers. What a recipe chooses, it chooses by the set's metric on val, counted in words
here (`overlap`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from given import Given, Row, encode, minilm, text_of, texts_of

SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(\[])")
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")
Answers = tuple[list[str], list[str]]


def sentences(text: str) -> list[str]:
    return [part.strip() for part in SENTENCE.split(text) if part.strip()] or [text]


def accepted(row: Row) -> list[str]:
    value = row.get("answer", row.get("summary"))
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def overlap(said: str, right: str) -> float:
    """F1 of the words of two texts."""
    ours, theirs = (Counter(re.findall(r"\w+", text.lower())) for text in (said, right))
    both = (ours & theirs).total()
    return 2 * both / max(1, ours.total() + theirs.total())


def best_of(given: Given, ways: dict[Any, Answers]) -> Answers:
    """The way whose answers to val are best."""
    rows = given.val
    values = {
        way: sum(
            max(overlap(one, right) for right in accepted(row))
            for one, row in zip(val, rows, strict=True)
        )
        for way, (val, _) in ways.items()
    }
    way = max(values, key=lambda one: values[one])
    given.note["way"] = str(way)
    return ways[way]


def both(given: Given, answer: Callable[[Sequence[Row]], list[str]]) -> Answers:
    return answer(given.val), answer(given.test)


# --- a passage beside the question ----------------------------------------------------------------


def _best_sentences(given: Given, score: Callable[[str, list[str]], Any]) -> Answers:
    import numpy as np

    def answer(rows: Sequence[Row]) -> list[str]:
        found = []
        for row in rows:
            parts = sentences(row["context"])
            found.append(parts[int(np.argmax(score(row["question"], parts)))])
        return found

    return both(given, answer)


def bm25_sentence(given: Given) -> Answers:
    """The sentence of the passage that BM25 finds first."""
    import bm25s
    import numpy as np

    def score(question: str, parts: list[str]) -> Any:
        index = bm25s.BM25()
        index.index(bm25s.tokenize(parts, stopwords="en", show_progress=False), show_progress=False)
        words = bm25s.tokenize([question], stopwords="en", show_progress=False, return_ids=False)[0]
        return index.get_scores(words) if words else np.zeros(len(parts))

    return _best_sentences(given, score)


def vector_sentence(given: Given) -> Answers:
    """The sentence of the passage nearest to the question."""
    import numpy as np

    texts = sorted(
        {p for rows in (given.val, given.test) for row in rows for p in sentences(row["context"])}
    )
    asked = sorted({row["question"] for rows in (given.val, given.test) for row in rows})
    vectors = dict(zip([*texts, *asked], encode([*texts, *asked]), strict=True))
    return _best_sentences(
        given, lambda question, parts: np.array([vectors[p] @ vectors[question] for p in parts])
    )


def trainer_reader(given: Given) -> Answers:
    """A reader: start and end of the answer in the passage, the encoder tuned by transformers'
    Trainer."""
    import numpy as np
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer, default_data_collator
    from tuned import trained

    tokenizer = AutoTokenizer.from_pretrained(minilm())
    sides, data = [given.train, given.val, given.test], []
    for rows in sides:
        part = []
        for row in rows:
            one = tokenizer(
                row["question"], row["context"], truncation="only_second", max_length=256,
                padding="max_length",
                return_offsets_mapping=True,
            )  # fmt: skip
            begin = row["context"].find(accepted(row)[0]) if rows is given.train else -1
            last = begin + len(accepted(row)[0]) if begin >= 0 else -1
            inside = [
                n for n,
                ((a, b),
                s) in enumerate(zip(one.pop("offset_mapping"), one.sequence_ids(), strict=True))
                if s == 1 and a < last and b > begin >= 0
            ]  # fmt: skip
            ends = (inside[0], inside[-1]) if inside else (0, 0)
            part.append({**one, "start_positions": ends[0], "end_positions": ends[1]})
        data.append(part)

    def said(found: Any, rows: Sequence[Row]) -> list[str]:
        return [
            span(tokenizer, row, np.asarray(a), np.asarray(b))
            for row, a, b in zip(rows, *found[:2], strict=True)
        ]

    def value(found: Any) -> float:
        return sum(
            overlap(one, accepted(row)[0])
            for one, row in zip(said(found, given.val), given.val, strict=True)
        ) / len(given.val)

    model = AutoModelForQuestionAnswering.from_pretrained(minilm())
    val, test = trained(given, model, data, default_data_collator, value)
    return said(val, given.val), said(test, given.test)


def span(tokenizer: Any, row: Row, start: Any, end: Any) -> str:
    """The likeliest span of at most 30 tokens inside the passage."""
    one = tokenizer(
        row["question"],
        row["context"],
        truncation="only_second",
        max_length=256,
        return_offsets_mapping=True,
    )
    inside = [n for n, side in enumerate(one.sequence_ids()) if side == 1]
    best = max(
        ((start[i] + end[j], i, j) for i in inside for j in inside if i <= j < i + 30),
        default=(0, 0, 0),
    )
    offsets = one["offset_mapping"]
    return row["context"][offsets[best[1]][0] : offsets[best[2]][1]]


# --- nothing but training rows, or documents ------------------------------------------------------


def _nearest(
    given: Given,
    scores: Callable[[list[str], list[str]], Any],
    texts: list[str],
    answers: list[str],
) -> Any:
    def answer(rows: Sequence[Row]) -> list[str]:
        found = scores(texts_of(rows), texts)
        return [answers[int(one.argmax())] for one in found]

    return both(given, answer)


def _tfidf(asked: list[str], known: list[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(known)
    return (words.transform(asked) @ words.transform(known).T).toarray()


def _bm25(asked: list[str], known: list[str]) -> Any:
    import bm25s
    import numpy as np

    index = bm25s.BM25()
    index.index(bm25s.tokenize(known, stopwords="en", show_progress=False), show_progress=False)
    words = bm25s.tokenize(asked, stopwords="en", show_progress=False, return_ids=False)
    return np.array([index.get_scores(one) if one else np.zeros(len(known)) for one in words])


def _cosine(asked: list[str], known: list[str]) -> Any:
    vectors = encode([*asked, *known])
    return vectors[: len(asked)] @ vectors[len(asked) :].T


def _fused(asked: list[str], known: list[str]) -> Any:
    """Both orders by reciprocal rank (Cormack et al. 2009)."""
    parts = [(-scores(asked, known)).argsort(1).argsort(1) for scores in (_bm25, _cosine)]
    return sum(1 / (60 + ranks) for ranks in parts)


def tfidf_neighbour(given: Given) -> Answers:
    """The answer of the most similar training question."""
    return _nearest(given, _tfidf, texts_of(given.train), [accepted(row)[0] for row in given.train])


def vector_neighbour(given: Given) -> Answers:
    return _nearest(
        given, _cosine, texts_of(given.train), [accepted(row)[0] for row in given.train]
    )


def bm25_document(given: Given) -> Answers:
    """The document that BM25 finds first, whole."""
    return _nearest(given, _bm25, [*given.documents.values()], [*given.documents.values()])


def vector_document(given: Given) -> Answers:
    return _nearest(given, _cosine, [*given.documents.values()], [*given.documents.values()])


def fused_document(given: Given) -> Answers:
    return _nearest(given, _fused, [*given.documents.values()], [*given.documents.values()])


def question_or_document(given: Given) -> Answers:
    """Vectors of documents and of training questions in one index; a question found stands for its
    answer."""
    texts = [*given.documents.values(), *texts_of(given.train)]
    return _nearest(
        given,
        _cosine,
        texts,
        [*given.documents.values(), *(accepted(row)[0] for row in given.train)],
    )


# --- numbers --------------------------------------------------------------------------------------


def number_of(text: str) -> float:
    found = NUMBER.findall(text.rpartition("####")[2])
    return float(found[-1].replace(",", "").rstrip(".")) if found else 0.0


def ridge(given: Given) -> Answers:
    """Ridge regression on words and on the numbers of the question, of the logarithm; rounded."""
    import numpy as np
    from sklearn.linear_model import RidgeCV

    x = _number_features(given)
    y = np.log1p(np.abs([number_of(accepted(row)[0]) for row in given.train]))
    model = RidgeCV(np.logspace(-2, 3, 11)).fit(x[0], y)
    given.note["alpha"] = float(model.alpha_)
    val, test = (
        [f"{round(float(np.expm1(one)))}" for one in model.predict(part)] for part in x[1:]
    )
    return val, test


def _number_features(given: Given) -> list[Any]:
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    words = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), TruncatedSVD(100, random_state=0)
    )
    words.fit(texts_of(given.train))

    def numbers(row: Row) -> list[float]:
        found = [float(n.replace(",", "").rstrip(".")) for n in NUMBER.findall(text_of(row))]
        first = [np.log1p(abs(n)) for n in [*found[:6], *[0.0] * 6][:6]]
        return [*first, len(found), np.log1p(abs(sum(found))), np.log1p(abs(max(found, default=0)))]

    sides = (given.train, given.val, given.test)
    return [
        np.hstack([words.transform(texts_of(rows)), np.array([numbers(row) for row in rows])])
        for rows in sides
    ]


def sum_or_product(given: Given) -> Answers:
    """One rule for all: the sum, the product, the greatest or the last number of the question."""
    from math import prod

    ways: dict[str, Callable[[list[float]], float]] = {"sum": sum, "product": prod, "greatest": max}
    ways["last"] = lambda numbers: numbers[-1]
    ways["first times last"] = lambda numbers: numbers[0] * numbers[-1]

    def answer(rows: Sequence[Row], way: Callable[[list[float]], float]) -> list[str]:
        found = [
            [float(n.replace(",", "").rstrip(".")) for n in NUMBER.findall(text_of(row))]
            for row in rows
        ]
        return [f"{way(numbers or [0.0]):.10g}" for numbers in found]

    right = [number_of(accepted(row)[0]) for row in given.val]
    hits = {
        name: sum(float(one) == r for one, r in zip(answer(given.val, way), right, strict=True))
        for name, way in ways.items()
    }
    name = max(hits, key=lambda one: hits[one])
    given.note["way"] = name
    return both(given, lambda rows: answer(rows, ways[name]))


def most_frequent(given: Given) -> Answers:
    counts = Counter(number_of(accepted(row)[0]) for row in given.train)
    return both(given, lambda rows: [f"{counts.most_common(1)[0][0]:g}"] * len(rows))


RECIPES = {
    "passage": (bm25_sentence, vector_sentence, trainer_reader),
    "memory": (tfidf_neighbour, vector_neighbour),
    "documents": (
        bm25_document,
        vector_document,
        fused_document,
        question_or_document,
        tfidf_neighbour,
    ),
    "number": (ridge, sum_or_product, most_frequent),
}
