"""BLEU against sacrebleu, on restaurant texts with several references."""

import math

import numpy as np
import pytest

from assay.core.types import Answer, Record, Task
from assay.evaluation.metrics.bleu import Bleu, words_of
from assay.evaluation.scoring import judge
from assay.stats.intervals import Weights
from helpers.answer_records import QUESTION, referenced, references_by_place

TASK = Task(kind="answer", metrics=("bleu",))


@pytest.mark.slow
def test_bleu_is_sacrebleus(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    texts, references = [text for text, _ in pairs], references_by_place(pairs)
    scores = judge(referenced(pairs), TASK)
    assert 100 * scores.values["bleu"] == pytest.approx(
        sacrebleu.corpus_bleu(texts, references).score, abs=1e-6
    )
    # Row by row, as sacrebleu scores sentences.
    alone = sacrebleu.metrics.BLEU(effective_order=True)
    expected = [alone.sentence_score(text, list(accepted)).score for text, accepted in pairs]
    assert 100 * scores.of_rows("bleu") == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.slow
def test_a_bootstrap_draw_is_the_corpus_of_its_rows(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    scores, weights = judge(referenced(pairs), TASK), Weights(len(pairs), draws=4, seed=2)
    values = weights.values(scores.rows["bleu"], Bleu().total)
    for counts, value in zip(weights.sums(np.eye(len(pairs))), values, strict=True):
        drawn = [pairs[i] for i in np.repeat(np.arange(len(pairs)), counts.astype(int))]
        expected = sacrebleu.corpus_bleu([text for text, _ in drawn], references_by_place(drawn))
        assert 100 * value == pytest.approx(expected.score, abs=1e-6)


def test_few_words_are_smoothed_as_in_sacrebleu():
    sacrebleu = pytest.importorskip("sacrebleu")
    for text, target in (
        ("the cat is here", "a cat sat there"),
        ("the cat", "the cat"),
        ("on the mat sat the old cat", "the old cat sat on a mat"),
    ):
        value = judge(referenced([(text, (target,))]), TASK).values["bleu"]
        assert 100 * value == pytest.approx(
            sacrebleu.corpus_bleu([text], [[target]]).score, abs=1e-6
        )


def test_words_are_split_as_in_sacrebleu(pairs):
    tokenizer = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a").Tokenizer13a()
    for text, accepted in pairs:
        for one in (text, *accepted):
            assert words_of(one) == tokenizer(one.rstrip()).split(), one


def test_an_unreadable_answer_scores_nothing_and_stays():
    rows = referenced([("the cat sat on the mat", ("the cat sat on the mat",))])
    whole = judge(rows, TASK).values
    assert whole["bleu"] == pytest.approx(1)
    half = judge(
        [*rows, Record(QUESTION, "the dog ate of the bone", (), Answer(None))], TASK
    ).values
    # only the words that are missing count
    assert half["bleu"] == pytest.approx(math.exp(1 - 12 / 6))


def test_chinese_is_cut_as_sacrebleus_tokenizer_for_it_cuts():
    zh = pytest.importorskip("sacrebleu.tokenizers.tokenizer_zh").TokenizerZh()
    for text in ("我们喜欢苹果，也喜欢iPhone 15。", "价格是3.5元（含税）！", "東京へ行く。"):
        assert words_of(text) == zh(text).split()
