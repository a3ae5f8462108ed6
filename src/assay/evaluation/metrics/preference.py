"""How often a model prefers the chosen answer of a held-out pair to the rejected one.

What it counts   a trained model's implicit reward of an answer is its log-likelihood minus that of
                 the base it was trained from; of an untrained model it is the log-likelihood. A
                 pair is right where the chosen answer has the higher one; a tie is half right
Length           `length_controlled_preference` is the mean of two shares: over pairs whose chosen
                 answer is the longer one, and over those where it is the shorter one. Who always
                 prefers the longer answer, or the shorter one, has .5
Missing          rows without a rejected answer, and answers without likelihoods, are left out; a
                 strategy without any has no value: it was not measured
Source           implicit reward: Rafailov et al. (2023), section 5, arxiv.org/abs/2305.18290.
                 Length misleads: Dubois et al. (2024), Length-Controlled AlpacaEval,
                 arxiv.org/abs/2404.04475, whose regression needs rewards of one scale. A mean over
                 classes instead, so that the frequent one does not decide: Brodersen et al. (2010),
                 doi.org/10.1109/ICPR.2010.764
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import mean_over, share


def margin(record: Record) -> float | None:
    """Reward of the chosen answer minus that of the rejected one, in nats; None where there is no
    pair, or no likelihood."""
    pair, answer = record.question.compared, record.answer
    if record.target not in pair or not answer.likelihoods:
        return None
    rewards = np.array(answer.likelihoods) - np.array(answer.reference or (0.0, 0.0))
    chosen = pair.index(record.target)
    return float(rewards[chosen] - rewards[1 - chosen])


def _right(record: Record) -> tuple[float, float]:
    """Whether the chosen answer is preferred, and whether that is known."""
    by = margin(record)
    return (0.0, 0.0) if by is None else (float(np.heaviside(by, 0.5)), 1.0)


class PreferenceAccuracy(Metric):
    """Two columns: 1 where the chosen answer is preferred, and 1 where that is known."""

    name = "preference_accuracy"
    about = "share of held-out pairs whose chosen answer a model prefers"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        return np.array([_right(record) for record in records], dtype=np.float64).reshape(-1, 2)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan)


class LengthControlledPreference(Metric):
    """Four columns: right and known of pairs whose chosen answer is longer, then shorter. A pair of
    equal lengths counts half in each."""

    name = "length_controlled_preference"
    about = "the same, as the mean over pairs with a longer and with a shorter chosen answer"

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        made = np.zeros((len(records), 4))
        for row, record in zip(made, records, strict=True):
            right, known = _right(record)
            if known:
                other = next((x for x in record.question.compared if x != record.target), "")
                longer = float(np.heaviside(len(record.target) - len(other), 0.5))
                row[:] = right * longer, longer, right * (1 - longer), 1 - longer
        return made

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        right, known = np.asarray(sums)[..., [0, 2]], np.asarray(sums)[..., [1, 3]]
        return mean_over(share(right, known), known > 0)
