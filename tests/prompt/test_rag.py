"""Retrieval is BM25 as Robertson and Zaragoza (2009) write it, with Lucene's idf: computed here by hand."""

import math
from collections import Counter
from dataclasses import replace

import pytest

from assay.errors import UsageError
from assay.nouns import Document
from assay.prompt import Majority, Rag, Shots, Tfidf
from assay.prompt.retrieval.words import Stems, Words

stems = Stems()

CHUNKS = [
    Document("a#1", "Parents get thirty days."),
    Document("b#1", "Days off are days without pay; ask parents."),
    Document("c#1", "Trains leave daily."),
]


def found_in(chunks, query, top):
    """[(id, score)] of what BM25 finds."""
    found = Words([chunk.text for chunk in chunks], stems).find(Counter(stems(query)), top)
    return [(chunks[place].id, score) for place, score in found]


def bm25(query, texts, k1=1.5, b=0.75):
    rows = [stems(text) for text in texts]
    mean = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in stems(query):
            df = sum(word in other for other in rows)
            if df:
                tf = row.count(word)
                score += (
                    math.log(1 + (len(rows) - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b * len(row) / mean))
                )
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", ["How many days do parents get?", "days", "a train to the parents", "pay day"])
def test_scores_are_bm25(query):
    found = found_in(CHUNKS, query, 3)
    scores = {chunk.id: score for chunk, score in zip(CHUNKS, bm25(query, [c.text for c in CHUNKS]), strict=True)}
    assert found == [
        (name, pytest.approx(score, rel=1e-5)) for name, score in sorted(scores.items(), key=lambda p: -p[1]) if score
    ]


def test_passages_that_share_no_word_are_left_out():
    assert found_in(CHUNKS, "zebra", 3) == []
    assert found_in(CHUNKS, "", 3) == []
    assert [name for name, _ in found_in(CHUNKS, "trains", 3)] == ["c#1"]


def test_equal_passages_keep_their_order():
    twins = [Document(name, "the same text") for name in "xyz"]
    assert [name for name, _ in found_in(twins, "same text", 2)] == ["x", "y"]


def test_common_words_and_plurals():
    assert stems("How do the buses pass my boss's class?") == ["buse", "pass", "boss", "s", "class"]


def test_the_inner_arm_sees_what_retrieval_finds_in_training_too(lesson):
    given_ = lesson("answer")
    seen = {}

    def fit(strategy, inner):
        seen.update({row.text: row.context for row in (*inner.train, *inner.val)})
        return strategy.fit(inner)

    arm = Rag(inner=Shots(k=0), top=1).fit(replace(given_, fit=fit))
    row = given_.val[0]
    (passage,) = seen[row.text]
    assert passage.text.startswith("Colours. The ")
    prompt = arm.prompt(row.question)
    assert prompt[-1].content == f"Passages:\n[1] {passage.text}\n\nQuestion: {row.text}"
    assert arm.answer([row.question])[0].passages == (passage.id,)
    assert arm.model is not None


def test_a_floor_inside(lesson):
    arm = Rag(inner=Majority()).fit(lesson("classify"))
    assert arm.model is None
    assert Rag(inner=Tfidf()).needs("base") == ()


@pytest.mark.parametrize("documents", [(), (Document("d", "# a heading only"),), (Document("d", "it is what it is"),)])
def test_nothing_to_search(lesson, documents):
    with pytest.raises(UsageError) as caught:
        Rag(inner=Majority()).fit(replace(lesson("classify"), documents=documents))
    assert caught.value.problems[0].code == "C079"
