"""Scores of labels made honest: what the prompt prefers by itself is taken away, and the confidence
is scaled.

contextual   the prompt is asked about nothing ("N/A", "[MASK]", ""); what it then prefers is taken
             away (Zhao et al. 2021, Calibrate Before Use, arxiv.org/abs/2102.09690)
domain       the same with random words of the training texts (Fei et al. 2023,
             aclanthology.org/2023.acl-long.783)
batch        what it prefers over val questions, whose labels are not read (Zhou et al. 2024,
             arxiv.org/abs/2309.17249)
temperature  one factor on the scores, fitted on val: the chosen label stays (Guo et al. 2017,
             arxiv.org/abs/1706.04599)
platt        the factor and a shift of each label, fitted on val (Platt 1999, for many labels; the
             bias-corrected temperature scaling of Alexandari et al. 2020, arxiv.org/abs/1901.06852)
Costs        all labels are scored exactly, also the unlikely ones: several times the work where
             labels are many
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Way = Literal["none", "contextual", "domain", "batch", "temperature", "platt"]
FITTED = ("batch", "temperature", "platt")  # on val
NOTHING = ("N/A", "[MASK]", "")
DOMAIN_TEXTS = 20  # random texts of Fei et al.
BINS = 15  # of the calibration error, as Guo et al. have it
PULL = 1.0  # strength of the pull towards changing nothing, in rows of val


@dataclass(frozen=True)
class Calibration:
    """Log scores of labels (rows, labels) to log shares: `scale` times the log share, plus the
    label's `bias`."""

    scale: float
    bias: tuple[float, ...]

    def __call__(self, scores: "np.ndarray") -> "np.ndarray":
        import numpy as np

        return shares(self.scale * shares(scores) + np.array(self.bias))

    def to_json(self) -> dict[str, Any]:
        return {"scale": self.scale, "bias": list(self.bias)}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Calibration":
        return cls(row["scale"], tuple(row["bias"]))


def shares(scores: "np.ndarray") -> "np.ndarray":
    """Log shares of each row: the scores less the logarithm of their sum."""
    import numpy as np

    top = scores.max(-1, keepdims=True)
    return scores - top - np.log(np.exp(scores - top).sum(-1, keepdims=True))


def prior_correction(scores: "np.ndarray") -> Calibration:
    """Takes away the mean share that each label has in `scores` (rows, labels): of questions about
    nothing, or of a batch of real ones."""
    import numpy as np

    mean = np.exp(shares(scores)).mean(0)
    return Calibration(1.0, tuple((-np.log(np.maximum(mean, 1e-12))).tolist()))


def fit_calibration(scores: "np.ndarray", right: Sequence[int], *, biased: bool) -> Calibration:
    """The likeliest scale, and with `biased` shifts of labels, for rows whose labels are known.

    Args:
        scores: (rows, labels). right: the index of each row's label.

    How: the negative log-likelihood is convex in scale and shifts. A pull towards 1 and 0, which
    weighs as `PULL` rows, keeps them finite where val is answered without an error.
    """
    import numpy as np
    from scipy.optimize import minimize

    logs, wanted = shares(scores), np.asarray(right)
    n, labels = logs.shape
    rows = np.arange(n)

    def loss(values: "np.ndarray") -> tuple[float, "np.ndarray"]:
        scale, bias = values[0], values[1:] if biased else np.zeros(labels)
        told = shares(scale * logs + bias)
        away = np.exp(told)
        away[rows, wanted] -= 1
        value = -told[rows, wanted].sum() + PULL / 2 * ((scale - 1) ** 2 + (bias**2).sum())
        slope = np.concatenate(
            [[(away * logs).sum() + PULL * (scale - 1)], away.sum(0) + PULL * bias]
        )
        return float(value), slope if biased else slope[:1]

    start = np.concatenate([[1.0], np.zeros(labels if biased else 0)])
    bounds = [(1e-3, None), *([(None, None)] * (len(start) - 1))]
    best = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}
    ).x
    bias = best[1:] if biased else np.zeros(labels)
    return Calibration(round(float(best[0]), 6), tuple(round(float(value), 6) for value in bias))


def calibration_for(way: Way, scores: "np.ndarray", right: Sequence[int]) -> Calibration:
    """The calibration of rows of val, for the ways in `FITTED`."""
    return (
        prior_correction(scores)
        if way == "batch"
        else fit_calibration(scores, right, biased=way == "platt")
    )


def calibration_error(scores: "np.ndarray", right: Sequence[int], bins: int = BINS) -> float:
    """How far confidence is from accuracy: over bins of equal width, the mean distance weighted by
    rows (Guo et al. 2017, eq. 3), in [0, 1]."""
    import numpy as np

    told = np.exp(shares(scores))
    sure, hit = told.max(1), told.argmax(1) == np.asarray(right)
    inside = np.minimum((sure * bins).astype(int), bins - 1)
    return float(
        sum(abs(hit[inside == b].sum() - sure[inside == b].sum()) for b in np.unique(inside))
        / len(sure)
    )


def cross_calibration_errors(
    way: Way, scores: "np.ndarray", right: Sequence[int]
) -> tuple[float, float]:
    """The calibration error of these rows as they are, and where each half is calibrated by the
    other."""
    import numpy as np

    wanted, after = np.asarray(right), np.zeros_like(scores)
    even = np.arange(len(scores)) % 2 == 0
    for own, other in ((even, ~even), (~even, even)):
        after[own] = calibration_for(way, scores[other], wanted[other].tolist())(scores[own])
    return calibration_error(scores, right), calibration_error(after, right)


def random_texts(texts: Sequence[str], seed: int) -> list[str]:
    """Texts of words drawn from `texts`, as long as these are in the mean."""
    words = [word for text in texts for word in text.split()]
    if not words:
        return list(NOTHING)
    rng, length = random.Random(seed), max(1, round(len(words) / len(texts)))
    return [" ".join(rng.choices(words, k=length)) for _ in range(DOMAIN_TEXTS)]
