"""chrF2 against sacrebleu, on restaurant texts with several references."""

import numpy as np
import pytest

from assay.core.types import Task
from assay.evaluation.metrics.chrf import Chrf
from assay.evaluation.scoring import judge
from assay.stats.intervals import Weights
from helpers.answer_records import referenced, references_by_place

TASK = Task(kind="answer", metrics=("chrf",))


@pytest.mark.slow
def test_chrf_is_sacrebleus(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    texts, references = [text for text, _ in pairs], references_by_place(pairs)
    scores = judge(referenced(pairs), TASK)
    assert 100 * scores.values["chrf"] == pytest.approx(
        sacrebleu.corpus_chrf(texts, references).score, abs=1e-6
    )
    expected = [sacrebleu.sentence_chrf(text, list(accepted)).score for text, accepted in pairs]
    assert 100 * scores.of_rows("chrf") == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.slow
def test_a_bootstrap_draw_is_the_corpus_of_its_rows(pairs):
    sacrebleu = pytest.importorskip("sacrebleu")
    scores, weights = judge(referenced(pairs), TASK), Weights(len(pairs), draws=2, seed=2)
    values = weights.values(scores.rows["chrf"], Chrf().total)
    for counts, value in zip(weights.sums(np.eye(len(pairs))), values, strict=True):
        drawn = [pairs[i] for i in np.repeat(np.arange(len(pairs)), counts.astype(int))]
        expected = sacrebleu.corpus_chrf([text for text, _ in drawn], references_by_place(drawn))
        assert 100 * value == pytest.approx(expected.score, abs=1e-6)


def test_white_space_is_no_letter_and_capitals_count():
    values = judge(referenced([("a b c d e f", ("abcdef",))]), TASK).values
    assert values["chrf"] == pytest.approx(1)
    assert judge(referenced([("ABCDEF", ("abcdef",))]), TASK).values["chrf"] == 0
