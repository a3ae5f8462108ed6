"""Recipes for one of several options, and for the order of candidates. An answer is a letter, or
places from 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from given import LONGEST, Given, Row, encode, minilm, smollm

Scores = Callable[[Sequence[Row]], list[Any]]  # rows -> a score for each option or candidate


def options_of(row: Row) -> list[str]:
    return row.get("choices") or row["candidates"]


def question_of(row: Row) -> str:
    return row.get("question") or row["query"]


def right_of(row: Row) -> list[float]:
    """1 for the right option, or the candidates' grades."""
    if "choices" in row:
        return [float(letter == row["answer"]) for letter in "ABCDEFGH"[: len(row["choices"])]]
    return [float(grade) for grade in row["grades"]]


def written(given: Given, scores: Sequence[Any]) -> list[str]:
    import numpy as np

    if given.kind == "choose":
        return ["ABCDEFGH"[int(np.argmax(one))] for one in scores]
    return [
        " ".join(str(place + 1) for place in np.argsort(-np.asarray(one), kind="stable"))
        for one in scores
    ]


def value(given: Given, scores: Sequence[Any]) -> float:
    """On val: share right, or nDCG of all candidates."""
    import numpy as np

    total = 0.0
    for row, one in zip(given.val, scores, strict=True):
        right = np.array(right_of(row))
        if given.kind == "choose":
            total += right[int(np.argmax(one))]
        else:
            discount = 1 / np.log2(np.arange(len(right)) + 2)
            ordered = right[np.argsort(-np.asarray(one), kind="stable")]
            total += float(ordered @ discount / max(1e-9, np.sort(right)[::-1] @ discount))
    return total / len(given.val)


def both(given: Given, scores: Scores) -> tuple[list[str], list[str]]:
    return written(given, scores(given.val)), written(given, scores(given.test))


def _texts(rows: Sequence[Row]) -> list[str]:
    return [text for row in rows for text in (question_of(row), *options_of(row))]


def _cosines(rows: Sequence[Row]) -> list[Any]:
    unique = [*dict.fromkeys(_texts(rows))]
    vectors = dict(zip(unique, encode(unique), strict=True))
    return [
        [float(vectors[o] @ vectors[question_of(row)]) for o in options_of(row)] for row in rows
    ]


def _bm25(rows: Sequence[Row]) -> list[Any]:
    """Of all candidates of these rows as one collection."""
    import bm25s
    import numpy as np

    known = [*dict.fromkeys(text for row in rows for text in options_of(row))]
    index = bm25s.BM25()
    index.index(bm25s.tokenize(known, stopwords="en", show_progress=False), show_progress=False)
    place = {text: n for n, text in enumerate(known)}
    found = []
    for row in rows:
        words = bm25s.tokenize(
            [question_of(row)], stopwords="en", show_progress=False, return_ids=False
        )[0]
        scores = index.get_scores(words) if words else np.zeros(len(known))
        found.append([float(scores[place[text]]) for text in options_of(row)])
    return found


def vector_cosine(given: Given) -> tuple[list[str], list[str]]:
    return both(given, _cosines)


def bm25(given: Given) -> tuple[list[str], list[str]]:
    return both(given, _bm25)


def _features(rows: Sequence[Row], vectors: bool) -> list[Any]:
    """A line for each option: overlap, length, rank and value of each score, each also less the
    row's mean."""
    import numpy as np

    columns = [_bm25(rows), *([_cosines(rows)] if vectors else [])]
    lines = []
    for n, row in enumerate(rows):
        asked = set(question_of(row).lower().split())
        words = [set(text.lower().split()) for text in options_of(row)]
        own = [
            [len(one), len(one & asked) / max(1, len(asked)), len(one & asked) / max(1, len(one))]
            for one in words
        ]
        scores = np.array([[column[n][k] for column in columns] for k in range(len(words))])
        x = np.hstack([np.array(own, dtype=float), scores])
        lines.append(np.hstack([x, x - x.mean(0), np.argsort(np.argsort(-scores, axis=0), axis=0)]))
    return lines


def learnt_features(given: Given) -> tuple[list[str], list[str]]:
    """Logistic regression, or boosted trees, on features of question and option; which one, on
    val."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, val, test = (_features(rows, True) for rows in (given.train, given.val, given.test))
    y = np.array([grade > 0 for row in given.train for grade in right_of(row)], dtype=int)
    models: list[Any] = [
        make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=5, max_iter=2000)),
        HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05, random_state=given.seed),
    ]
    best: tuple[float, Any] = (-1.0, None)
    for model in models:
        model.fit(np.vstack(train), y)
        said = [model.predict_proba(x)[:, 1] for x in val]
        if value(given, said) > best[0]:
            best = (value(given, said), model)
    given.note["model"] = type(best[1]).__name__
    val_said, test_said = ([best[1].predict_proba(x)[:, 1] for x in part] for part in (val, test))
    return written(given, val_said), written(given, test_said)


def words_of_options(given: Given) -> tuple[list[str], list[str]]:
    """Words and characters of the option alone, one linear model: marks of right options, no
    knowledge."""
    from labels import words_and_characters
    from sklearn.linear_model import LogisticRegression

    union = words_and_characters().fit([text for row in given.train for text in options_of(row)])
    x = union.transform([text for row in given.train for text in options_of(row)])
    y = [grade > 0 for row in given.train for grade in right_of(row)]
    model = LogisticRegression(max_iter=2000, class_weight="balanced").fit(x, y)
    return both(
        given,
        lambda rows: [model.decision_function(union.transform(options_of(row))) for row in rows],
    )


def likelihood(given: Given) -> tuple[list[str], list[str]]:
    """How likely SmolLM2-135M finds each option after the question; by token, by letter or as a
    sum, chosen on val."""
    import numpy as np
    import torch

    tokenizer, model = smollm()
    model.eval()

    def one(row: Row) -> Any:
        prompt = f"Question: {question_of(row)}\nAnswer:"
        start = len(tokenizer(prompt)["input_ids"])
        texts = [f"{prompt} {option}" for option in options_of(row)]
        tokenizer.padding_side, tokenizer.pad_token = "right", tokenizer.eos_token
        batch = tokenizer(texts, return_tensors="pt", padding=True, truncation=True, max_length=256)
        with torch.inference_mode():
            found = torch.log_softmax(model(**batch).logits[:, :-1].float(), -1)
        own = (
            found.gather(2, batch["input_ids"][:, 1:, None])[..., 0]
            * batch["attention_mask"][:, 1:]
        )
        sums = own[:, start - 1 :].sum(1).numpy()
        tokens = batch["attention_mask"][:, start:].sum(1).clamp(min=1).numpy()
        letters = np.array([max(1, len(option)) for option in options_of(row)])
        return np.stack([sums, sums / tokens, sums / letters])

    sides = [[one(row) for row in rows] for rows in (given.val, given.test)]
    way = max(range(3), key=lambda n: value(given, [scores[n] for scores in sides[0]]))
    given.note["way"] = ("sum", "by token", "by letter")[way]
    val, test = (written(given, [scores[way] for scores in side]) for side in sides)
    return val, test


def trainer_pairs(given: Given) -> tuple[list[str], list[str]]:
    """The encoder reads question and option together (a cross-encoder), tuned by transformers'
    Trainer."""
    import numpy as np
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
    )
    from tuned import trained

    tokenizer = AutoTokenizer.from_pretrained(minilm())
    data = []
    for rows in (given.train, given.val, given.test):
        pairs = [(question_of(row), option) for row in rows for option in options_of(row)]
        labels = (
            [int(g > 0) for row in rows for g in right_of(row)]
            if rows is given.train
            else [0] * len(pairs)
        )
        encoded = tokenizer(
            [a for a, _ in pairs], [b for _, b in pairs], truncation=True, max_length=LONGEST
        )
        data.append(
            [
                {**{k: encoded[k][i] for k in encoded}, "labels": labels[i]}
                for i in range(len(pairs))
            ]
        )

    def scores(logits: Any, rows: Sequence[Row]) -> list[Any]:
        flat = np.asarray(logits)[:, 1] - np.asarray(logits)[:, 0]
        ends = np.cumsum([len(options_of(row)) for row in rows])
        return np.split(flat, ends[:-1])

    model = AutoModelForSequenceClassification.from_pretrained(minilm(), num_labels=2)
    collate = DataCollatorWithPadding(tokenizer)
    val, test = trained(
        given, model, data, collate, lambda logits: value(given, scores(logits, given.val))
    )
    return written(given, scores(val, given.val)), written(given, scores(test, given.test))


RECIPES = {
    "choose": (words_of_options, vector_cosine, learnt_features, likelihood, trainer_pairs),
    "rank": (bm25, vector_cosine, learnt_features, trainer_pairs),
}
