"""Several labels a row from word weights: a linear model for each label, and a threshold for each,
chosen on train.

How          one logistic regression a label on the same TF-IDF matrix (binary relevance). Each
             label is named where its probability reaches its threshold. A half, one threshold for
             all labels, or one for each with the best F1: whichever does best on rows left out, 5
             parts each scored by a model fitted on the others
Source       thresholds by cross-validation (SCut): Yang (2001), A study of thresholding strategies
             for text categorization, doi.org/10.1145/383952.383975; for the F measure: Fan and Lin
             (2007), A study on threshold selection for multi-label classification,
             csie.ntu.edu.tw/~cjlin/papers/threshold.pdf
Watch out    a label with fewer than `FEW` rows says nothing about its own threshold: it takes the
             one that is best over all labels together
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.core.types import Answer, Example, Task
from assay.strategies.linear.logistic_regression import (
    DEFAULT,
    FOLDS,
    GRID,
    RotatedRows,
    StrengthChoice,
    regression,
)
from assay.tasks.label_sets import format_labels, labels_in

if TYPE_CHECKING:
    import numpy as np

CERTAIN = 30.0  # the log odds of a label that all rows have
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


def group_names(rows: Sequence[Example], prefix: str = "") -> list[str]:
    """What rows are left out by: their group, else each by itself. `prefix`: of a row's own
    name."""
    return [
        f"{prefix}{at}" if row.group is None else f"g{row.group}" for at, row in enumerate(rows)
    ]


def fit_one_vs_rest(
    matrix: Any, wanted: np.ndarray, c: float, seed: int, weighted: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """(weights (labels, vocabulary), biases (labels,)). A label that all rows have, or none, gets a
    constant.

    Args:
        weighted: rows with the label count as much as those without it.
    """
    import numpy as np

    weights, biases = np.zeros((wanted.shape[1], matrix.shape[1])), np.zeros(wanted.shape[1])
    for i, column in enumerate(wanted.T):
        if 0 < column.sum() < len(column):
            model = regression(c, weighted, seed).fit(matrix, column)
            weights[i], biases[i] = model.coef_[0], model.intercept_[0]
        else:
            biases[i] = CERTAIN if column.all() and len(column) else -CERTAIN
    return weights, biases


def probabilities(matrix: Any, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """(rows, labels)."""
    import numpy as np
    from scipy.special import expit

    return expit(np.asarray(matrix @ weights.T) + biases)


def cross_val_probabilities(
    matrix: Any, wanted: np.ndarray, c: float, weighted: bool, seed: int, groups: np.ndarray
) -> np.ndarray:
    """Probabilities of rows by models that had not seen them, (rows, labels)."""
    import numpy as np

    order = np.random.default_rng(seed).permutation(np.unique(groups))
    seen = np.zeros(wanted.shape)
    for part in range(FOLDS):
        held = np.isin(groups, order[part::FOLDS])
        fit = ~held
        seen[held] = probabilities(
            matrix[held], *fit_one_vs_rest(matrix[fit], wanted[fit], c, seed, weighted)
        )
    return seen


def select_strength(
    turned: RotatedRows,
    wanted: np.ndarray,
    c: float | None,
    weighted: bool,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[StrengthChoice, np.ndarray | None]:
    """C, that given or else the one under which rows left out are likeliest, with their
    probabilities (rows, labels); None where there are too few rows to leave some out.

    Args:
        groups: rows of one group are left out together, (rows,).
    """
    import numpy as np

    groups = np.arange(len(wanted)) if groups is None else groups
    if len(np.unique(groups)) < 2 * FOLDS:
        return StrengthChoice(DEFAULT if c is None else c, weighted), None
    found = [
        (one, cross_val_probabilities(turned.rows, wanted, one, weighted, seed, groups))
        for one in (GRID if c is None else (c,))
    ]
    scores = [likelihood(seen, wanted) for _, seen in found]
    best = max(range(len(found)), key=lambda i: (scores[i], -i))
    one, seen = found[best]
    return StrengthChoice(
        one, weighted, 1.0, len(wanted), scores[best], "mean log probability"
    ), seen


def likelihood(seen: np.ndarray, wanted: np.ndarray) -> float:
    """Mean log probability of what each row has and has not."""
    import numpy as np

    return float(np.log(np.where(wanted == 1, seen, 1 - seen).clip(1e-9)).mean())


def thresholds(
    seen: np.ndarray | None,
    wanted: np.ndarray,
    groups: np.ndarray | None = None,
    alike: bool = False,
    seed: int = 0,
) -> np.ndarray:
    """The probability from which each label is named, (labels,): one half, one for all labels, or
    one for each, as does best on rows that it was not chosen on. A few templates or users can make
    a rare label's own threshold absurd.

    Args:
        seen: probabilities of rows that the model had not seen, (rows, labels). wanted: the same, 1
            for a label.
        groups: of the rows; those of one are left out together. alike: labels count alike in what
            is judged.
    """
    import numpy as np

    if seen is None:
        return np.full(wanted.shape[1], EVEN)
    groups = np.arange(len(wanted)) if groups is None else groups
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    said = [np.zeros(wanted.shape, dtype=bool) for _ in WAYS]
    for part in range(FOLDS):
        held = np.isin(groups, order[part::FOLDS])
        for named_by, way in zip(said, WAYS, strict=True):
            named_by[held] = seen[held] >= way(seen[~held], wanted[~held])
    worth = [f1(named_by, wanted == 1, alike) for named_by in said]
    return WAYS[worth.index(max(worth))](seen, wanted)  # of equals the simplest


def f1(said: np.ndarray, wanted: np.ndarray, alike: bool = False) -> float:
    """Over all labels together, or the mean of each label's."""
    import numpy as np

    axis = 0 if alike else None
    total = said.sum(axis) + wanted.sum(axis)
    return float(
        np.mean(np.where(total, 2 * (said & wanted).sum(axis) / np.maximum(total, 1), 0.0))
    )


def _half(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.full(wanted.shape[1], EVEN)


def _common_threshold(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.full(wanted.shape[1], best_threshold(seen.ravel(), wanted.ravel()))


def _each(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    found = _common_threshold(seen, wanted)
    for i, column in enumerate(wanted.T):
        if column.sum() >= FEW:
            found[i] = best_threshold(seen[:, i], column)
    return found


WAYS = (_half, _common_threshold, _each)  # to set thresholds, the simplest first


def best_threshold(values: np.ndarray, wanted: np.ndarray) -> float:
    """The threshold with the best F1: half way between two neighbouring values. Of equals, the
    highest."""
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


def apply_thresholds(shares: np.ndarray, cuts: np.ndarray, task: Task) -> list[Answer]:
    """The labels at or above their thresholds. The confidence is that of the least sure label, in
    or out; the scores are the labels' log probabilities, each label by itself."""
    import numpy as np

    found = []
    for row, scores in zip(shares, np.log(shares.clip(1e-6)).round(4).tolist(), strict=True):
        inside = row >= cuts
        line = format_labels(
            [label for label, one in zip(task.labels, inside, strict=True) if one], task.nothing
        )
        sure = float(np.where(inside, row, 1 - row).min()) if len(row) else 1.0
        found.append(Answer(line, line, tuple(scores), confidence=round(sure, 4)))
    return found
