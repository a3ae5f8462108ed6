"""Several labels a row from word weights: a linear model for each label, and a threshold for each, chosen on train.

How          one logistic regression a label on the same TF-IDF matrix (binary relevance). Each label is named where its
             probability reaches its threshold. The thresholds are those with the best F1 of the label on training rows
             that the model had not seen: 5 parts, each scored by a model fitted on the others
Source       thresholds by cross-validation (SCut): Yang (2001), A study of thresholding strategies for text
             categorization, doi.org/10.1145/383952.383975; for the F measure: Fan and Lin (2007), A study on threshold
             selection for multi-label classification, csie.ntu.edu.tw/~cjlin/papers/threshold.pdf
Watch out    a label with fewer than `FEW` rows says nothing about its own threshold: it takes the one that is best over
             all labels together
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.aim.label_sets import labels_in, written
from assay.nouns import Answer, Task

if TYPE_CHECKING:
    import numpy as np

PARTS = 5
FEW = 10  # rows of a label
EVEN = 0.5  # the threshold where there are too few rows to choose one


def indicator(targets: Sequence[str], task: Task) -> np.ndarray:
    """(rows, labels), 1 where the row has the label."""
    import numpy as np

    place = {label: i for i, label in enumerate(task.labels)}
    found = np.zeros((len(targets), len(place)), dtype=np.int64)
    for row, target in zip(found, targets, strict=True):
        row[[place[label] for label in labels_in(target, task.nothing)]] = 1
    return found


def fitted(
    matrix: Any, wanted: np.ndarray, c: float, seed: int, *, balanced: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (labels, vocabulary), biases (labels,)). A label that all rows have, or none, gets a constant.

    Args:
        balanced: the rows that have a label weigh as much, together, as those without it.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    weights, biases = np.zeros((wanted.shape[1], matrix.shape[1])), np.zeros(wanted.shape[1])
    for i, column in enumerate(wanted.T):
        if 0 < column.sum() < len(column):
            weight = "balanced" if balanced else None
            model: Any = LogisticRegression(C=c, max_iter=1000, random_state=seed, class_weight=weight)
            model.fit(matrix, column)
            weights[i], biases[i] = model.coef_[0], model.intercept_[0]
        else:
            biases[i] = 30.0 if column.all() and len(column) else -30.0
    return weights, biases


def probabilities(matrix: Any, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """(rows, labels)."""
    import numpy as np

    return 1 / (1 + np.exp(-(matrix @ weights.T + biases)))


def thresholds(matrix: Any, wanted: np.ndarray, c: float, seed: int) -> np.ndarray:
    """The probability from which each label is named, (labels,)."""
    import numpy as np
    from sklearn.model_selection import KFold

    if len(wanted) < 2 * PARTS:
        return np.full(wanted.shape[1], EVEN)
    seen = np.zeros(wanted.shape)
    for fit, held in KFold(PARTS, shuffle=True, random_state=seed).split(wanted):
        seen[held] = probabilities(matrix[held], *fitted(matrix[fit], wanted[fit], c, seed))
    return best_thresholds(seen, wanted)


def best_thresholds(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(labels,), from the probabilities of rows that the model has not learnt from, and what is right for them."""
    import numpy as np

    if len(wanted) < 2 * PARTS:
        return np.full(wanted.shape[1], EVEN)
    shared = best_threshold(seen.ravel(), wanted.ravel())
    found = np.full(wanted.shape[1], shared)
    for i, column in enumerate(wanted.T):
        if column.sum() >= FEW:
            found[i] = best_threshold(seen[:, i], column)
    return found


def best_threshold(values: np.ndarray, wanted: np.ndarray) -> float:
    """The threshold with the best F1: half way between two neighbouring values. Of equals, the highest."""
    import numpy as np

    if not wanted.any():
        return EVEN
    order = np.argsort(-values, kind="stable")
    ranked, hits = values[order], np.cumsum(wanted[order])
    f1 = 2 * hits / (np.arange(1, len(values) + 1) + wanted.sum())
    last = np.append(ranked[1:] < ranked[:-1], True)  # a cut may only fall between different values
    cut = int(np.argmax(np.where(last, f1, -1.0)))
    below = ranked[cut + 1] if cut + 1 < len(ranked) else 0.0
    return float((ranked[cut] + below) / 2)


def named(shares: np.ndarray, cuts: np.ndarray, task: Task) -> list[Answer]:
    """The labels at or above their thresholds. The confidence is that of the least sure label, in or out."""
    import numpy as np

    found = []
    for row in shares:
        inside = row >= cuts
        line = written([label for label, one in zip(task.labels, inside, strict=True) if one], task.nothing)
        sure = float(np.where(inside, row, 1 - row).min()) if len(row) else 1.0
        found.append(Answer(line, raw=line, confidence=round(sure, 4)))
    return found
