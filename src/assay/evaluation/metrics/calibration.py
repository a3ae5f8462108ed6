"""Does an arm know when it is right? Its confidence, and the shares that it gives to the labels,
held against truth.

log_loss    mean of -ln(share of the target's label), in nats; shares are clipped at one in a
            million
brier       mean over rows of half the squared distance between the shares and the truth, 0 to 1;
            with two labels the usual (p - y)^2
ece         expected calibration error: rows are put into 15 bins of equal size by their confidence;
            mean over the rows of |mean confidence - share right| of their bin
Shares      `Answer.scores`, one log-likelihood a label, made to add up to 1. A model's are exact to
            one in a million (`ChatModel.score`): what lies below is not known, and is clipped for
            all arms alike
Missing     an answer without scores (or, for ece, without confidence) is left out; `reliability`
            says how many there are. An arm without any has no value
Watch out   the bins are those of the answers that were given, in every draw and slice too; with few
            rows ece is biased upwards, for it also measures the noise within its bins
Source      Brier (1950), doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2; Naeini, Cooper
            and Hauskrecht (2015), doi.org/10.1609/aaai.v29i1.9602; Guo et al. (2017),
            arxiv.org/abs/1706.04599; bins of equal size: Nguyen and O'Connor (2015),
            aclanthology.org/D15-1182
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from assay.core.types import Metric, Record, Task
from assay.evaluation.metrics.by_label import share

BINS = 15  # as in Guo et al. 2017
SHOWN = 10  # bins of the plot
EPS = 1e-6  # as ChatModel.score leaves labels that have less in sum
Z = 1.959964  # of a two-sided 95 % interval


def shares_of(record: Record, task: Task) -> np.ndarray | None:
    """What the answer gives to each of the task's labels, adding up to 1; None where it gives no
    scores."""
    scores = np.asarray(record.answer.scores, dtype=np.float64)
    if len(scores) != len(task.labels) or not len(scores) or not np.isfinite(scores.max()):
        return None
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def _right(record: Record) -> bool:
    return record.answer.text in (record.target, *record.also)


class _Proper(Metric):
    """Two columns: the row's loss, and 1 where it has one."""

    higher_is_better = False
    reads_scores = True

    def loss(self, shares: np.ndarray, target: int | None) -> float:
        """Of one row; `target` is the place of its label, None for one that is not among the
        task's."""
        raise NotImplementedError

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        place = {label: index for index, label in enumerate(task.labels)}
        rows = np.zeros((len(records), 2))
        for row, record in zip(rows, records, strict=True):
            shares = shares_of(record, task)
            if shares is None:
                continue
            # Of several accepted labels the one that was given most.
            accepted = [place[label] for label in (record.target, *record.also) if label in place]
            row[:] = self.loss(shares, max(accepted, key=shares.__getitem__, default=None)), 1.0
        return rows

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        return share(np.asarray(sums)[..., 0], np.asarray(sums)[..., 1], np.nan)


class LogLoss(_Proper):
    name = "log_loss"
    about = "mean of -ln(share given to the right label)"
    high = math.inf
    unit = "nats"

    def loss(self, shares: np.ndarray, target: int | None) -> float:
        return -math.log(EPS if target is None else min(max(float(shares[target]), EPS), 1.0))


class Brier(_Proper):
    name = "brier"
    about = (
        "half the squared distance between the shares given to the labels and the truth, mean"
        " over rows"
    )

    def loss(self, shares: np.ndarray, target: int | None) -> float:
        truth = np.zeros(len(shares))
        if target is None:
            return float((shares**2).sum() + 1) / 2
        truth[target] = 1
        return float(((shares - truth) ** 2).sum()) / 2


class CalibrationError(Metric):
    """Three columns a bin: rows, their confidence, right ones."""

    name = "ece"
    about = (
        "distance between confidence and share right, over 15 bins of equal size (expected"
        " calibration error)"
    )
    higher_is_better = False
    decides = False  # an arm that always gives one answer, and how often it is right, would win

    def rows(self, records: Sequence[Record], task: Task) -> np.ndarray:
        rows = np.zeros((len(records), 3, BINS))
        for index, places in enumerate(bins(records, BINS)):
            rows[places, 0, index] = 1
            rows[places, 1, index] = [records[i].answer.confidence for i in places]
            rows[places, 2, index] = [_right(records[i]) for i in places]
        return rows.reshape(len(records), -1)

    def total(self, sums: np.ndarray, n: np.ndarray) -> np.ndarray:
        there, said, right = np.split(np.asarray(sums), 3, axis=-1)
        return share(np.abs(said - right).sum(axis=-1), there.sum(axis=-1), np.nan)


def bins(records: Sequence[Record], most: int) -> list[np.ndarray]:
    """Positions of the rows with a confidence, in bins of equal size, lowest confidence first.
    Equal confidences keep the order of the rows."""
    said = [
        (record.answer.confidence, i)
        for i, record in enumerate(records)
        if record.answer.confidence is not None
    ]
    ordered = np.array([i for _, i in sorted(said)], dtype=np.intp)
    return [part for part in np.array_split(ordered, most) if len(part)]


def reliability(records: Sequence[Record]) -> dict[str, Any] | None:
    """What the plot shows; None where no answer has a confidence.

    Returns:
        {"n", "without", "confidence", "right", "bins"}: rows with and without a confidence; over
        those with one its mean and the share right; bins of equal size, each {"n", "from", "to",
        "confidence", "right", "low", "high"}, the bounds after Wilson (1927),
        doi.org/10.1080/01621459.1927.10502953, at 95 %.
    """
    found = bins(records, SHOWN)
    if not found:
        return None
    said = np.array(
        [math.nan if (c := record.answer.confidence) is None else c for record in records]
    )
    right = np.array([float(_right(record)) for record in records])
    every = np.concatenate(found)
    return {
        "n": len(every),
        "without": len(records) - len(every),
        "confidence": round(float(said[every].mean()), 6),
        "right": round(float(right[every].mean()), 6),
        "bins": [_bin(said[places], right[places]) for places in found],
    }


def _bin(said: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    n, p = len(said), float(right.mean())
    middle, half = (p + Z * Z / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low, high = ((middle + sign * half) / (1 + Z * Z / n) for sign in (-1, 1))
    values = {
        "from": said.min(),
        "to": said.max(),
        "confidence": said.mean(),
        "right": p,
        "low": low,
        "high": high,
    }
    return {"n": n, **{name: round(float(value), 6) + 0.0 for name, value in values.items()}}
