"""A search with weights is the weighted sum of searches; after changes an index has what one made
anew would have."""

import random
from collections import Counter

import numpy as np
import pytest

from assay.retrieval.bm25 import Bm25Index, best
from assay.retrieval.metadata_filter import Among
from assay.retrieval.stemming import Stems
from assay.retrieval.term_counts import count_stems

TEXTS = [
    "parents get thirty days of leave",
    "days off are days without pay",
    "trains leave daily",
    "nothing here",
]


def test_a_word_that_counts_twice_adds_twice():
    words = Bm25Index(TEXTS, Stems())
    one, two = words.scores({"day": 1.0}), words.scores({"leav": 1.0})
    assert words.scores({"day": 2.0, "leav": 0.5}) == pytest.approx(2 * one + 0.5 * two, rel=1e-6)


def test_rarity_and_coverage():
    words = Bm25Index(TEXTS, Stems())
    assert [words.holders(stem) for stem in ("leav", "day", "zebra")] == [2, 2, 0]
    # ln(1 + (n - df + 0.5) / (df + 0.5)), n = 4
    assert words.rarity("leav") == pytest.approx(np.log(1 + 2.5 / 2.5))
    assert words.rarity("zebra") == pytest.approx(np.log(1 + 4.5 / 0.5))
    asked = Counter(["leav", "zebra"])
    assert words.coverage(asked, 2) == pytest.approx(np.log(2) / (np.log(2) + np.log(10)))
    assert words.coverage(asked, 3) == 0 and words.coverage({}, 0) == 0


def made(draw, count):
    """Texts of words that are rare and common, as those of a language are; some have no word at
    all."""
    words = [f"w{number}" for number in range(60)]
    return [
        " ".join(draw.choices(words, [1 / (n + 1) for n in range(60)], k=draw.randint(0, 30)))
        for _ in range(count)
    ]


def test_scores_are_those_of_the_reference_bit_by_bit():
    import bm25s

    words = Bm25Index(made(random.Random(1), 300), Stems("none"))
    ids: dict[str, int] = {}
    rows = [[ids.setdefault(stem, len(ids)) for stem in words.stems(text)] for text in words.texts]
    reference = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    reference.index(bm25s.tokenization.Tokenized(ids=rows, vocab=dict(ids)), show_progress=False)
    for asked in (["w0"], ["w3", "w17", "w59"], list(ids)):
        expected = reference.get_scores_from_ids([ids[stem] for stem in asked])
        assert np.array_equal(words.scores(dict.fromkeys(asked, 1.0)), expected)


@pytest.mark.parametrize("seed", range(8))
def test_after_any_changes_scores_are_those_of_an_index_made_anew_bit_by_bit(seed, tmp_path):
    draw = random.Random(seed)
    words = Bm25Index(made(draw, draw.choice([0, 5, 200])), Stems("none"))
    for step in range(25):
        if step == 10:  # as if opened by another process
            words.save(tmp_path / "words.safetensors")
            words = Bm25Index(words.texts, words.stems, tmp_path / "words.safetensors")
        share = draw.choice([0, 0.1, 0.9, 1])
        stay = [place for place in range(len(words)) if draw.random() >= share]
        before = words.texts
        words = words.replace_rows(stay, made(draw, draw.choice([0, 1, 3, 40])))
        assert words.texts[: len(stay)] == [before[place] for place in stay]
        anew = Bm25Index(words.texts, words.stems)
        asked = {f"w{draw.randrange(70)}": draw.choice([1.0, 2.0, 0.3]) for _ in range(6)}
        assert np.array_equal(words.scores(asked), anew.scores(asked))
        assert words.find(asked, 7) == anew.find(asked, 7)
        assert [words.rarity(word) for word in asked] == [anew.rarity(word) for word in asked]
        assert len(words.blocks) <= 8, "blocks that others have outgrown are joined"


def test_a_change_counts_what_is_new_and_opening_counts_nothing(tmp_path, monkeypatch):
    told = []

    def watched(texts, stems):
        told.append(len(texts))
        return count_stems(texts, stems)

    monkeypatch.setattr("assay.retrieval.bm25.count_stems", watched)
    words = Bm25Index(made(random.Random(0), 100), Stems("none"))
    assert not told, "nothing is counted before it is asked for"
    words.save(tmp_path / "words.safetensors")
    opened = Bm25Index(words.texts, words.stems, tmp_path / "words.safetensors")
    assert np.array_equal(opened.scores({"w1": 1.0}), words.scores({"w1": 1.0}))
    assert told == [100]
    opened.replace_rows(range(1, 100), ["w1 w2"]).scores({"w1": 1.0})
    assert told == [100, 1]
    other = Bm25Index(words.texts, Stems("german"), tmp_path / "words.safetensors")
    assert other.holders("w1") == words.holders("w1") and told == [100, 1, 100], (
        "other stems are counted anew"
    )


def test_only_what_is_among_the_given_is_found():
    words = Bm25Index(TEXTS, Stems())
    every = words.find({"day": 1.0, "leav": 1.0}, 4)
    assert words.find({"day": 1.0, "leav": 1.0}, 4, Among({}, np.array([0, 3]))) == [
        pair for pair in every if pair[0] in (0, 3)
    ]


@pytest.mark.parametrize("texts", [[], ["", "the of"]])
def test_texts_without_words_find_nothing(texts):
    assert Bm25Index(texts, Stems()).find({"day": 1.0}, 3) == []


def test_the_best_are_those_of_a_full_stable_sort():
    scores = np.random.default_rng(0).integers(0, 30, 500).astype(np.float32)
    for top in (1, 7, 100, 500, 900):
        assert best(scores, top) == np.argsort(-scores, kind="stable")[:top].tolist()
