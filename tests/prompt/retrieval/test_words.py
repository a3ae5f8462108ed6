"""Stems are those of the Porter stemmer's own word list; a search with weights is the weighted sum of searches."""

from collections import Counter

import numpy as np
import pytest

from assay.prompt.retrieval.words import Stems, Words, best

TEXTS = ["parents get thirty days of leave", "days off are days without pay", "trains leave daily", "nothing here"]


@pytest.mark.parametrize(
    ("word", "stem"),
    # From the sample vocabulary of snowballstem.org/algorithms/english/stemmer.html.
    [
        ("consign", "consign"),
        ("consigned", "consign"),
        ("consigning", "consign"),
        ("consistency", "consist"),
        ("consolatory", "consolatori"),
        ("consolation", "consol"),
        ("knackeries", "knackeri"),
        ("knightly", "knight"),
        ("knots", "knot"),
    ],
)
def test_english_stems(word, stem):
    assert Stems()(word.upper()) == [stem]


def test_other_languages_and_none():
    assert Stems("german")("Die Häuser") == ["die", "haus"]
    assert Stems("none")("The Houses") == ["the", "houses"]
    assert Stems()("x" * 1000) == ["x" * 1000]


def test_a_word_that_counts_twice_adds_twice():
    words = Words(TEXTS, Stems())
    one, two = words.scores({"day": 1.0}), words.scores({"leav": 1.0})
    assert words.scores({"day": 2.0, "leav": 0.5}) == pytest.approx(2 * one + 0.5 * two, rel=1e-6)


def test_rarity_and_coverage():
    words = Words(TEXTS, Stems())
    assert [words.holders(stem) for stem in ("leav", "day", "zebra")] == [2, 2, 0]
    # ln(1 + (n - df + 0.5) / (df + 0.5)), n = 4
    assert words.rarity("leav") == pytest.approx(np.log(1 + 2.5 / 2.5))
    assert words.rarity("zebra") == pytest.approx(np.log(1 + 4.5 / 0.5))
    asked = Counter(["leav", "zebra"])
    assert words.covered(asked, 2) == pytest.approx(np.log(2) / (np.log(2) + np.log(10)))
    assert words.covered(asked, 3) == 0 and words.covered({}, 0) == 0


@pytest.mark.parametrize("texts", [[], ["", "the of"]])
def test_texts_without_words_find_nothing(texts):
    assert Words(texts, Stems()).find({"day": 1.0}, 3) == []


def test_the_best_are_those_of_a_full_stable_sort():
    scores = np.random.default_rng(0).integers(0, 30, 500).astype(np.float32)
    for top in (1, 7, 100, 500, 900):
        assert best(scores, top) == np.argsort(-scores, kind="stable")[:top].tolist()
