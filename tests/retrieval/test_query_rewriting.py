"""RM3 by hand on two passages; keywords are the rare words; what a model writes adds to the
question."""

from collections import Counter

import pytest

from assay.retrieval.bm25 import Bm25Index
from assay.retrieval.query_rewriting import searches
from assay.retrieval.stemming import Stems

TEXTS = [f"the library keeps shelf {name}" for name in "abcdefghij"] + [
    "the library lends skis in winter"
]


def test_keywords_are_what_few_passages_have():
    words = Bm25Index(TEXTS, Stems())
    (search,) = searches(["Does the library lend Skis?"], "keywords", words)
    assert search.words == {"lend": 1, "ski": 1} and search.text == "lend Skis"
    (search,) = searches(["the library"], "keywords", words)  # nothing else to search by
    assert search.words == {"librari": 1} and search.text == "the library"


def test_feedback_mixes_the_question_with_the_words_of_what_it_finds():
    words = Bm25Index(["skis winter snow", "boats summer"], Stems())
    (search,) = searches(["skis"], "feedback", words)
    # One passage is found, so its three words share the other half: 1/6 each.
    assert search.words == {
        "ski": pytest.approx(1 / 2 + 1 / 6),
        "winter": pytest.approx(1 / 6),
        "snow": pytest.approx(1 / 6),
    }
    assert search.text == "skis"
    (search,) = searches(["zebra"], "feedback", words)
    assert search.words == {"zebra": 1}


def test_a_model_adds_words_that_count_a_fifth(open_tiny):
    words = Bm25Index(TEXTS, Stems())
    model = open_tiny()
    first, second = searches(["Which skis?", "What is on shelf a?"], "model", words, model)
    written = first.text.removeprefix("Which skis?")
    assert written.strip() and first.tokens > 0 and first.prompt_tokens > 0
    more = Counter(words.stems(written))
    assert first.words["ski"] == pytest.approx(1 + 0.2 * more["ski"])
    assert {
        word: pytest.approx(0.2 * times) for word, times in more.items() if word not in ("ski",)
    }.items() <= dict(first.words).items()
    assert second.text.startswith("What is on shelf a?")


def test_without_rewriting_the_question_is_searched_as_it_is():
    (search,) = searches(["Skis, skis and the sea?"], "none", Bm25Index(TEXTS, Stems()))
    assert (search.words, search.text, search.tokens) == (
        Counter({"ski": 2, "sea": 1}),
        "Skis, skis and the sea?",
        0,
    )
