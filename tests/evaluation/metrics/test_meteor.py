"""METEOR against NLTK's, without synonyms."""

import numpy as np
import pytest

from assay.core.types import Task
from assay.evaluation.metrics import meteor
from assay.evaluation.scoring import judge
from helpers.answer_records import referenced

TASK = Task(kind="answer", metrics=("meteor_like",))


class NoSynonyms:
    def synsets(self, word):
        return []


@pytest.mark.slow
def test_meteor_is_nltks_without_wordnet(pairs):
    nltk = pytest.importorskip("nltk.translate.meteor_score")
    scores = judge(referenced(pairs), TASK)
    expected = [
        nltk.meteor_score(
            [meteor.words_of(one) for one in accepted], meteor.words_of(text), wordnet=NoSynonyms()
        )
        for text, accepted in pairs
    ]
    assert scores.of_rows("meteor_like") == pytest.approx(np.array(expected), abs=1e-9)


def test_meteor_by_hand():
    # Four of four words, in two runs: (1 - 0.5 * (2/4)^3) * 1.
    assert meteor.meteor("c d a b".split(), "a b c d".split()) == pytest.approx(1 - 0.5 * 0.125)
    # One of two, one of one: P 1/2, R 1, F = 0.5 / (0.9 * 0.5 + 0.1 * 1); one run of one pair:
    # penalty 0.5.
    assert meteor.meteor(["running", "far"], ["runs"]) == pytest.approx(0.5 * 0.5 / 0.55)
    assert meteor.meteor([], ["a"]) == 0
