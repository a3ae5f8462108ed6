"""The mean of the labels' F1 scores, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from assay.evaluation.scoring import judge
from assay.stats.intervals import Weights
from helpers.answer_records import CLASSIFY, records


def test_bootstrap_draws_agree_with_scikit_learn_row_by_row():
    random = np.random.default_rng(0)
    targets, texts = random.choice(list("abc"), 30), random.choice(list("abc"), 30)
    scores = judge(records(targets, texts), CLASSIFY)
    weights = Weights(30, draws=20, seed=1)
    metric = scores.metrics[1]
    drawn = weights.values(scores.rows["macro_f1"], metric.total)
    for counts, value in zip(weights.sums(np.eye(30)), drawn, strict=True):
        picks = np.repeat(np.arange(30), counts.astype(int))
        assert value == pytest.approx(
            f1_score(targets[picks], texts[picks], average="macro", zero_division=0)
        )


pairs = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=40
)


@pytest.mark.slow
@given(pairs)
def test_classification_agrees_with_scikit_learn(rows):
    targets, texts = zip(*rows, strict=True)
    values = judge(records(targets, texts), CLASSIFY).values
    assert values["accuracy"] == pytest.approx(accuracy_score(targets, texts))
    # scikit-learn's default label set: those seen in targets or answers.
    assert values["macro_f1"] == pytest.approx(
        f1_score(targets, texts, average="macro", zero_division=0)
    )
