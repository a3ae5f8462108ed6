"""A logistic regression over labels whose strength is chosen on the rows that it learns from.

How              multinomial, with an L2 penalty, by scikit-learn's L-BFGS. C, and whether labels
                 are weighted alike, is what does best on rows that the model had not seen: `FOLDS`
                 parts, each scored by a model fitted on the others. The rows of a label are dealt
                 out in turn, so a label with two rows is learnt from one of them. Rows left out
                 also scale the probabilities, as in calibration.py: a C that names labels best may
                 be too sure of them, or not sure enough
Turned           with fewer rows than features, rows are written in as many coordinates as there are
                 rows, with all their products kept: the weights are those of the features to the
                 solver's tolerance, since the best weights are sums of rows (Schölkopf, Herbrich
                 and Smola 2001, A generalized representer theorem,
                 doi.org/10.1007/3-540-44581-1_27). With 77 labels and 770 rows that takes a tenth
                 of the time
Source           Cox (1958), doi.org/10.1111/j.2517-6161.1958.tb00292.x; choice by held-out
                 likelihood: Stone (1974), Cross-validatory choice,
                 doi.org/10.1111/j.2517-6161.1974.tb00994.x; weights: King and Zeng (2001), Logistic
                 Regression in Rare Events Data, doi.org/10.1093/oxfordjournals.pan.a004868
Watch out        TF-IDF and vocabulary are taken from all training rows, those left out included:
                 they read no label
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from assay.strategies.linear.calibration import fit_calibration

if TYPE_CHECKING:
    import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
Balance = Literal["auto", "none", "weights"]
Groups = Sequence[str | None] | None  # the group of each row, where rows come in groups
# metrics in which each label counts alike
ALIKE = ("macro_f1", "balanced_accuracy", "macro_precision", "macro_recall")
FOLDS = 5
NEVER = -1e9
LEAST = -20.0  # a log probability below it is that of a label which its part had no row of
GRID = (0.3, 1.5, 8.0, 40.0, 200.0, 1000.0)
DEFAULT = 10.0  # where there are too few rows to choose by
TOLERANCE = 1e-5  # of the gradient; 1e-4 ends far from the best weights where C is large
FEW = 10  # rows that can be scored: their label has another row
TURNED = 2000  # rows up to which they are turned: n^3 operations
LARGE = 5000  # rows from which one part alone is scored


def in_one_thread(fit: Callable[P, R]) -> Callable[P, R]:
    """The function with NumPy's and SciPy's matrix products on one thread. The products of these
    models are small: on two cores two threads took eight times as long as one (17 labels, 812
    rows), waiting for each other. Torch is let be."""

    @wraps(fit)
    def call_in_one_thread(*args: P.args, **kwargs: P.kwargs) -> R:
        import sklearn.linear_model  # noqa: F401  # only libraries that are there can be limited
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="blas"):
            return fit(*args, **kwargs)

    return call_in_one_thread


class RotatedRows:
    """Training rows in as many coordinates as there are rows, with all products of two rows kept.

    Attributes:
        rows: (rows, coordinates), dense; the matrix itself where it is no wider than long, or too
            long.
        width: features.
    """

    def __init__(self, matrix: Any):
        import numpy as np

        self._matrix, self._turn = matrix, None
        self.rows, self.width = matrix, matrix.shape[1]
        if matrix.shape[0] >= matrix.shape[1] or matrix.shape[0] > TURNED:
            return
        products = (matrix @ matrix.T).toarray().astype(np.float64)
        values, vectors = np.linalg.eigh(products)
        kept = values > values[-1] * 1e-10  # copies of a row add nothing
        self._turn = vectors[:, kept] / np.sqrt(values[kept])
        self.rows = vectors[:, kept] * np.sqrt(values[kept])

    def back(self, weights: np.ndarray) -> np.ndarray:
        """(labels, coordinates) -> (labels, features)."""
        if self._turn is None:
            return weights
        return (self._matrix.T @ (self._turn @ weights.T)).T


@dataclass(frozen=True)
class LogisticModel:
    """`weights` (labels, features) and `biases` (labels,) of `labels`, those that training rows
    have, sorted."""

    labels: tuple[str, ...]
    weights: np.ndarray
    biases: np.ndarray

    def log_shares(self, matrix: Any) -> np.ndarray:
        """Log probabilities, (rows, labels)."""
        return _log_shares(matrix, self.weights, self.biases)


@dataclass(frozen=True)
class StrengthChoice:
    """What cross-validation said.

    Attributes:
        scale: of the log odds, so that probabilities are those of rows left out; 1 where nothing
            was tried.
        score: what `counts` names, on rows left out; None where nothing was tried. rows: how many
            these were.
        merit: mean log probability of their labels, once scaled: what C is chosen by.
    """

    c: float
    weighted: bool
    scale: float = 1.0
    rows: int = 0
    score: float | None = None
    counts: str = "accuracy"
    merit: float = 0.0

    @property
    def summary(self) -> str:
        """As a sentence of the report."""
        weights = ", labels weighted alike" if self.weighted else ""
        if self.score is None:
            return f"C is {self.c:g}{weights}."
        held = (
            f"{self.counts} {self.score:.3f} on {self.rows:,} training rows when they were left out"
        )
        return f"C {self.c:g}{weights} was chosen by cross-validation: {held}."


def fit_logistic(
    turned: RotatedRows, targets: Sequence[str], choice: StrengthChoice, seed: int
) -> LogisticModel:
    """The model of all rows."""
    import numpy as np

    labels = tuple(sorted(set(targets)))
    if len(labels) == 1:
        return LogisticModel(
            labels, np.zeros((1, turned.width), dtype=np.float32), np.zeros(1, dtype=np.float32)
        )
    model = regression(choice.c, choice.weighted, seed).fit(turned.rows, targets)
    weights, biases = _per_label(model)
    weights, biases = turned.back(choice.scale * weights), choice.scale * biases
    return LogisticModel(labels, weights.astype(np.float32), biases.astype(np.float32))


def select_strength(
    turned: RotatedRows,
    targets: Sequence[str],
    c: float | None,
    balance: Balance,
    metric: str,
    seed: int,
    groups: Groups = None,
) -> StrengthChoice:
    """C and weights: those given, else those that do best on rows left out. C is the one under
    which their labels are likeliest once the probabilities are scaled: a steadier guide than their
    accuracy, which few rows change. Weights are taken where macro F1 is better with them.

    Args:
        groups: of the rows; those of one are left out together. c: None is to be chosen.
        metric: the task's; where its labels count alike, "auto" tries weights too.
    """
    import numpy as np

    alike = metric in ALIKE
    weights = {"none": (False,), "weights": (True,), "auto": (False, True) if alike else (False,)}[
        balance
    ]
    scored, grid = scorable(targets), GRID if c is None else (c,)
    if len(weights) * len(grid) == 1 or len(scored) < FEW or len(set(targets)) < 2:
        return StrengthChoice(DEFAULT if c is None else c, weights[0])
    labels = sorted(set(targets))
    best: list[StrengthChoice] = []
    for weighted in weights:
        seen, left = cross_val_log_probabilities(turned, targets, grid, weighted, seed, groups)
        rows = np.intersect1d(scored, left)
        wanted = np.array([labels.index(targets[row]) for row in rows])
        found = [
            _score_strength(one, weighted, logs[rows].clip(LEAST), wanted, alike)
            for one, logs in zip(grid, seen, strict=True)
        ]
        best.append(max(found, key=lambda one: one.merit))  # of equals the smaller C
    return max(best, key=lambda one: one.score or 0.0)  # of equals the one without weights


def _score_strength(
    c: float, weighted: bool, logs: np.ndarray, wanted: np.ndarray, alike: bool
) -> StrengthChoice:
    """What rows left out say of one C; labels count alike in `merit` where they do in the score."""
    import numpy as np
    from scipy.special import log_softmax
    from sklearn.metrics import f1_score

    scale = 1.0 if weighted else fit_calibration(logs, wanted.tolist(), biased=False).scale
    right = log_softmax(scale * logs, axis=1)[np.arange(len(wanted)), wanted]
    if not alike:
        score = float((logs.argmax(1) == wanted).mean())
        return StrengthChoice(
            c, weighted, scale, len(wanted), score, "accuracy", float(right.mean())
        )
    score = float(f1_score(wanted, logs.argmax(1), average="macro", zero_division=0))
    merit = float(np.mean([right[wanted == label].mean() for label in np.unique(wanted)]))
    return StrengthChoice(c, weighted, scale, len(wanted), score, "macro F1", merit)


def cross_val_log_probabilities(
    turned: RotatedRows,
    targets: Sequence[str],
    grid: Sequence[float],
    weighted: bool,
    seed: int,
    groups: Groups = None,
) -> tuple[list[np.ndarray], np.ndarray]:
    """What models that had not seen a row say of its labels.

    Returns:
        for each C log probabilities (rows, labels), and the rows that were left out: with `LARGE`
        rows or more one part is, which says enough.
    """
    import numpy as np

    labels = sorted(set(targets))
    wanted = np.array([labels.index(target) for target in targets])
    parts = parts_of(targets, FOLDS, seed, groups)
    seen = [np.full((len(targets), len(labels)), NEVER) for _ in grid]
    left = range(1) if len(targets) >= LARGE else range(FOLDS)
    for part in left:
        fit, held = parts != part, parts == part
        if not held.any() or len(set(wanted[fit])) < 2:
            continue
        model = regression(grid[0], weighted, seed, warm_start=True, tol=1e-4)
        for c, logs in zip(grid, seen, strict=True):
            model.set_params(C=c).fit(turned.rows[fit], wanted[fit])
            # scikit-learn takes the logarithm of probabilities, which may be 0.
            logs[np.ix_(held, model.classes_)] = _log_shares(turned.rows[held], *_per_label(model))
    return seen, np.flatnonzero(np.isin(parts, list(left)))


def scorable(targets: Sequence[str]) -> list[int]:
    """Rows whose label another row has too: only these can be answered rightly when they are left
    out."""
    counts = Counter(targets)
    return [i for i, target in enumerate(targets) if counts[target] > 1]


def parts_of(targets: Sequence[str], n: int, seed: int, groups: Groups = None) -> np.ndarray:
    """The part of each row, from 0 to n - 1: rows of a label are dealt out in turn, in a random
    order.

    Args:
        groups: of the rows; those of one stay together, as they do between train and test, where
            there are `2 n` or more. They are dealt out by the label that most of their rows have.
    """
    import numpy as np

    owners = [
        f"{row}" if groups is None or groups[row] is None else f"g{groups[row]}"
        for row in range(len(targets))
    ]
    if len(set(owners)) < 2 * n:
        owners = [f"{row}" for row in range(len(targets))]
    counts: dict[str, Counter[str]] = {}
    for owner, target in zip(owners, targets, strict=True):
        counts.setdefault(owner, Counter())[target] += 1
    names = list(counts)
    order = [names[at] for at in np.random.default_rng(seed).permutation(len(names))]
    # stable: random within a label
    dealt = sorted(order, key=lambda owner: counts[owner].most_common(1)[0][0])
    part = {owner: at % n for at, owner in enumerate(dealt)}
    return np.array([part[owner] for owner in owners], dtype=np.int64)


def regression(
    c: float, weighted: bool, seed: int, *, tol: float = TOLERANCE, warm_start: bool = False
) -> Any:
    """A logistic regression of scikit-learn's that is not fitted yet."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=c,
        class_weight="balanced" if weighted else None,
        max_iter=1000,
        tol=tol,
        warm_start=warm_start,
        random_state=seed,
    )


def _log_shares(matrix: Any, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    import numpy as np
    from scipy.special import log_softmax

    return log_softmax(np.asarray(matrix @ weights.T) + biases, axis=1)


def _per_label(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases a label; of two labels scikit-learn keeps the second one's only."""
    import numpy as np

    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    return np.vstack([np.zeros_like(model.coef_), model.coef_]), np.append(0.0, model.intercept_)
