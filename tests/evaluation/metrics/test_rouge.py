"""ROUGE against Google's rouge-score."""

import numpy as np
import pytest

from assay.core.types import Task
from assay.evaluation.metrics import rouge
from assay.evaluation.scoring import judge
from helpers.answer_records import referenced

ROUGE = ("rouge_1", "rouge_2", "rouge_l", "rouge_1_stems", "rouge_2_stems", "rouge_l_stems")
TASK = Task(kind="answer", metrics=ROUGE)


@pytest.mark.slow
def test_rouge_is_rouge_scores_with_stems_and_without(pairs):
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer")
    scores = judge(referenced(pairs), TASK)
    for stems, ending in ((False, ""), (True, "_stems")):
        scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stems)
        theirs = [scorer.score_multi(list(accepted), text) for text, accepted in pairs]
        for name in ("1", "2", "l"):
            expected = np.array([one[f"rouge{name.upper()}"].fmeasure for one in theirs])
            assert scores.of_rows(f"rouge_{name}{ending}") == pytest.approx(expected, abs=1e-9)
            assert scores.values[f"rouge_{name}{ending}"] == pytest.approx(
                expected.mean(), abs=1e-9
            )


def test_the_longest_common_sequence_known_by_hand():
    # Cormen et al., Introduction to Algorithms, 15.4: ABCBDAB and BDCABA have BCBA.
    assert rouge.common_sequence("ABCBDAB", "BDCABA") == 4
    assert rouge.common_sequence("", "A") == rouge.common_sequence("A", "") == 0
    assert rouge.common_sequence("A" * 100, "A" * 70) == 70


@pytest.mark.parametrize(
    ("ours", "theirs", "score"),
    [
        ("кот сидит дома", "кот лежит дома", 2 / 3),
        ("猫在家", "猫不在家。", 2 * 3 / 7),
        ("بيت كبير", "بيت صغير", 1 / 2),
        ("the café", "the cafe", 1 / 2),  # as in rouge-score: accents split words
    ],
)
def test_letters_of_other_scripts_are_words(ours, theirs, score):
    said, wanted = rouge.words_of(ours), rouge.words_of(theirs)
    assert rouge.overlap(said, wanted, 1) == pytest.approx(score)
