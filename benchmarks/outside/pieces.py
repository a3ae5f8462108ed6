"""Recipes for named pieces of a text: a dictionary, a linear chain, spaCy's recogniser, the tuned
encoder. An answer is a list of (start, end, type)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from given import LONGEST, Given, Row, minilm

Piece = tuple[int, int, str]
WORD = re.compile(r"\w+|[^\w\s]")


def words_of(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in WORD.finditer(text)]


def tags_of(row: Row, places: Sequence[tuple[int, int]]) -> list[str]:
    """B-, I- or O of each word."""
    tags = ["O"] * len(places)
    for piece in row["entities"]:
        inside = [
            n
            for n, (start, end) in enumerate(places)
            if start < piece["end"] and end > piece["start"]
        ]
        for n in inside:
            tags[n] = ("B-" if n == inside[0] else "I-") + piece["label"]
    return tags


def pieces_of(places: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    before = "O"
    for (start, end), tag in zip(places, tags, strict=True):
        if tag[0] == "I" and before[2:] == tag[2:] and before != "O":
            found[-1] = (found[-1][0], end, tag[2:])
        elif tag != "O":
            found.append((start, end, tag[2:]))
        before = tag
    return found


def dictionary(given: Given) -> tuple[list[Any], list[Any]]:
    """The pieces of train, longest first, wherever they stand in a text and were a piece more often
    than not."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for row in given.train:
        for piece in row["entities"]:
            named[row["text"][piece["start"] : piece["end"]].lower()][piece["label"]] += 1
    whole = "\n".join(row["text"].lower() for row in given.train)
    known = {}
    for text, labels in named.items():
        label, count = labels.most_common(1)[0]
        if text and 2 * count >= len(re.findall(rf"(?<!\w){re.escape(text)}(?!\w)", whole)):
            known[text] = label
    if not known:
        return [[] for _ in given.val], [[] for _ in given.test]
    longest = sorted(known, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in longest))
    sides = []
    for rows in (given.val, given.test):
        lower = [row["text"].lower() for row in rows]
        sides.append([[(*m.span(), known[m[0]]) for m in pattern.finditer(text)] for text in lower])
    return sides[0], sides[1]


def crfsuite(given: Given) -> tuple[list[Any], list[Any]]:
    """sklearn-crfsuite with the features of its tutorial; c1 and c2 by cross-validation are left at
    .1."""
    import sklearn_crfsuite

    def features(text: str, places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
        words = [text[start:end] for start, end in places]
        return [around(words, n) for n in range(len(words))]

    def around(words: Sequence[str], n: int) -> dict[str, Any]:
        made: dict[str, Any] = {"bias": 1.0, "first": n == 0, "last": n == len(words) - 1}
        for step in (-2, -1, 0, 1, 2):
            if 0 <= n + step < len(words):
                made.update(one(words[n + step], step))
        return made

    def one(word: str, step: int) -> dict[str, Any]:
        shape = re.sub(r"\d", "9", re.sub(r"[a-z]", "x", re.sub(r"[A-Z]", "X", word)))
        made: dict[str, Any] = {
            f"{step}:lower": word.lower(),
            f"{step}:shape": re.sub(r"(.)\1+", r"\1\1", shape),
        }
        if step == 0:
            made |= {
                "end3": word[-3:].lower(),
                "end2": word[-2:].lower(),
                "begin3": word[:3].lower(),
            }
            made |= {"title": word.istitle(), "upper": word.isupper(), "digit": word.isdigit()}
        return made

    places = {
        id(row): words_of(row["text"])
        for rows in (given.train, given.val, given.test)
        for row in rows
    }
    model = sklearn_crfsuite.CRF(
        algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True
    )
    model.fit(
        [features(row["text"], places[id(row)]) for row in given.train],
        [tags_of(row, places[id(row)]) for row in given.train],
    )
    sides = []
    for rows in (given.val, given.test):
        tags = model.predict([features(row["text"], places[id(row)]) for row in rows])
        sides.append([pieces_of(places[id(row)], own) for row, own in zip(rows, tags, strict=True)])
    return sides[0], sides[1]


def spacy_ner(given: Given) -> tuple[list[Any], list[Any]]:
    """A blank English pipeline with spaCy's recogniser; the epoch is chosen on val."""
    import random

    import spacy
    from labels import best_epoch
    from spacy.training import Example
    from spacy.util import filter_spans, minibatch

    nlp = spacy.blank("en")
    pipe: Any = nlp.add_pipe("ner")
    rows = []
    for row in given.train:
        doc = nlp.make_doc(row["text"])
        spans = [
            doc.char_span(p["start"], p["end"], p["label"], alignment_mode="expand")
            for p in row["entities"]
        ]
        kept = filter_spans([span for span in spans if span is not None])
        entities = [(span.start_char, span.end_char, span.label_) for span in kept]
        rows.append(Example.from_dict(doc, {"entities": entities}))
        for span in kept:
            pipe.add_label(span.label_)
    optimizer = nlp.initialize(lambda: rows)
    draw = random.Random(given.seed)

    def epoch() -> None:
        draw.shuffle(rows)
        for batch in minibatch(rows, 16):
            nlp.update(batch, sgd=optimizer, drop=0.2)

    def answers(some: Sequence[Row]) -> list[list[Piece]]:
        docs = nlp.pipe(row["text"] for row in some)
        return [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]

    return best_epoch(given, epoch, answers, 20)


def trainer_tagger(given: Given) -> tuple[list[Any], list[Any]]:
    """A tag for each word's first token, all of the encoder tuned by transformers' Trainer."""
    import numpy as np
    from labels import simple_score
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
    )
    from tuned import trained

    names = ["O", *(f"{side}-{label}" for label in given.labels for side in "BI")]
    tokenizer = AutoTokenizer.from_pretrained(minilm())
    places = [
        [words_of(row["text"]) for row in rows] for rows in (given.train, given.val, given.test)
    ]
    data, firsts = [], []
    for rows, own in zip((given.train, given.val, given.test), places, strict=True):
        encoded = [
            tokenizer([row["text"][start:end] for start, end in words] or [""],
            is_split_into_words=True,
                      truncation=True, max_length=2 * LONGEST)
            for row, words in zip(rows, own, strict=True)
        ]  # fmt: skip
        first = [
            first_tokens(one.word_ids(), len(words))
            for one, words in zip(encoded, own, strict=True)
        ]
        firsts.append(first)
        part = []
        for row, one, words, tokens in zip(rows, encoded, own, first, strict=True):
            labels = [-100] * len(one["input_ids"])
            for token, tag in zip(
                tokens, tags_of(row, words) if rows is given.train else (), strict=False
            ):
                if token >= 0:
                    labels[token] = names.index(tag)
            part.append({**one, "labels": labels})
        data.append(part)

    def said(logits: Any, side: int) -> list[list[Piece]]:
        found = []
        for row, words, tokens in zip(
            np.asarray(logits).argmax(-1), places[side], firsts[side], strict=True
        ):
            found.append(pieces_of(words, [names[row[t]] if t >= 0 else "O" for t in tokens]))
        return found

    model = AutoModelForTokenClassification.from_pretrained(minilm(), num_labels=len(names))
    collate = DataCollatorForTokenClassification(tokenizer)
    val, test = trained(
        given, model, data, collate, lambda logits: simple_score(given, said(logits, 1))
    )
    return said(val, 1), said(test, 2)


def first_tokens(word_ids: Sequence[int | None], words: int) -> list[int]:
    """The place of each word's first token; -1 for words that were cut off."""
    place = [-1] * words
    for token, word in enumerate(word_ids):
        if word is not None and word < words and place[word] < 0:
            place[word] = token
    return place


RECIPES = {"extract": (dictionary, crfsuite, spacy_ner, trainer_tagger)}
