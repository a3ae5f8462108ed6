"""Recipes for summaries: a sentence of the text, by place, by centrality, or as summaries of
training would have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from given import Given, Row, encode
from written import Answers, accepted, best_of, both, overlap, sentences


def lead(given: Given) -> Answers:
    """The first sentences, or one other place; how many, chosen on val."""
    ways = {}
    for way in (0, 1, 2, -1, "two", "longest"):
        ways[way] = both(
            given, lambda rows, way=way: [_placed(sentences(row["document"]), way) for row in rows]
        )
    return best_of(given, ways)


def _placed(parts: list[str], way: Any) -> str:
    if way == "longest":
        return max(parts, key=len)
    if way == "two":
        return " ".join(parts[:2])
    return parts[way] if -len(parts) <= way < len(parts) else parts[0]


def lexrank(given: Given) -> Answers:
    """The most central sentence: PageRank over cosines of tf-idf (Erkan and Radev 2004,
    arxiv.org/abs/1109.2128)."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english").fit(
        [p for row in given.train for p in sentences(row["document"])]
    )

    def central(row: Row) -> str:
        parts = sentences(row["document"])
        x = words.transform(parts)
        links = (x @ x.T).toarray() + 1e-9
        links /= links.sum(1, keepdims=True)
        rank = np.full(len(parts), 1 / len(parts))
        for _ in range(50):
            rank = 0.15 / len(parts) + 0.85 * links.T @ rank
        return parts[int(rank.argmax())]

    return both(given, lambda rows: [central(row) for row in rows])


def vector_centre(given: Given) -> Answers:
    """The sentence nearest to the middle of all of them."""
    import numpy as np

    def answer(rows: Sequence[Row]) -> list[str]:
        split = [sentences(row["document"]) for row in rows]
        vectors = encode([part for parts in split for part in parts])
        ends = np.cumsum([0, *map(len, split)])
        return [
            parts[int((vectors[a:b] @ vectors[a:b].mean(0)).argmax())]
            for parts, a, b in zip(split, ends[:-1], ends[1:], strict=True)
        ]

    return both(given, answer)


def learnt_sentence(given: Given) -> Answers:
    """Boosted trees on place, length, centrality and telling words foretell each sentence's overlap
    with the summary; the best one is the answer."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english").fit([row["document"] for row in given.train])
    marks = (
        "we ",
        "propose",
        "show",
        "present",
        "this paper",
        "introduce",
        "in this work",
        "our ",
        "result",
        "however",
    )

    def features(row: Row) -> Any:
        parts = sentences(row["document"])
        x = words.transform(parts)
        middle = np.asarray(x.mean(0)).ravel()
        rows = [
            [n, n / len(parts), len(parts) - n, len(part.split()), float((x[n] @ middle)[0]),
            len(parts),
             *(mark in part.lower() for mark in marks)]
            for n, part in enumerate(parts)
        ]  # fmt: skip
        return np.array(rows, dtype=float)

    x = np.vstack([features(row) for row in given.train])
    y = [
        max(overlap(part, right) for right in accepted(row))
        for row in given.train
        for part in sentences(row["document"])
    ]
    model = HistGradientBoostingRegressor(
        max_iter=150, learning_rate=0.05, random_state=given.seed
    ).fit(x, y)

    def answer(rows: Sequence[Row]) -> list[str]:
        return [
            sentences(row["document"])[int(model.predict(features(row)).argmax())] for row in rows
        ]

    return both(given, answer)


RECIPES = {"summarise": (lead, lexrank, vector_centre, learnt_sentence)}
