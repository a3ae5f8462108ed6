"""Labels that are likely wrong: a model that never saw the row is sure of another label.

Source       Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in
             dataset labels, arxiv.org/abs/1911.00068, section 3: out-of-fold probabilities; the
             confident joint says how many rows of each label belong to each other one; a row is
             likely wrong when both of the paper's prunings find it, the one by class (least sure of
             its own label) and the one by noise rate (surest of the other label)
Ranked       by normalised margin, probability of the row's label less that of the likeliest other
             one, lowest first
Folds        five; rows of one text stand in one fold, labels are spread evenly, and the draw is
             made of the seed and the texts, so that the order of the file does not matter
Costs        five fits of a linear model on words: 17 processor seconds for 10,003 rows and 77
             labels
Watch out    it is a list to look at, not a verdict: on a hard task clean rows are in it too
             (figures: docs/annotate.md)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.core.sampling import hash_rank
from assay.core.types import Example
from assay.data.annotation.word_classifier import fit, vectors
from assay.data.text_similarity import key_of

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Doubt:
    """One row: what the model says of it when it was trained without it."""

    id: str
    label: str
    other: str  # the likeliest other label
    margin: float  # in [-1, 1]; below 0 the other label is likelier
    likely_error: bool


def fold_of(examples: Sequence[Example], folds: int, seed: int) -> list[int]:
    """The fold of each row."""
    keys = [key_of(example) for example in examples]
    first: dict[Any, str] = {}
    for key, example in zip(keys, examples, strict=True):
        first[key] = min(first.get(key, example.target or ""), example.target or "")
    drawn = sorted(
        (label, hash_rank(seed, key.scope, key.text), key) for key, label in first.items()
    )
    place = {key: at % folds for at, (_, _, key) in enumerate(drawn)}
    return [place[key] for key in keys]


def out_of_fold(
    matrix: Any,
    labels: Sequence[str],
    folds: Sequence[int],
    seed: int,
    tell: Callable[[int, int], None] | None = None,
) -> tuple[Any, list[str]]:
    """Probabilities of each label for each row by a model that was fitted on the other folds:
    (rows, labels), labels.

    A label without a row in the other folds has probability 0 there; with one label left it has
    probability 1.
    """
    import numpy as np

    names = sorted(set(labels))
    place = {name: at for at, name in enumerate(names)}
    given, fold = list(labels), np.array(folds)
    found = np.zeros((len(given), len(names)))
    parts = sorted(set(folds))
    for number, part in enumerate(parts, 1):
        out = np.flatnonzero(fold == part)
        rest = np.flatnonzero(fold != part)
        learnt = [given[at] for at in rest]
        known = sorted(set(learnt))
        columns = np.array([place[name] for name in known], dtype=int)
        if len(known) > 1:
            found[np.ix_(out, columns)] = fit(matrix[rest], learnt, seed).predict_proba(matrix[out])
        elif known:
            found[out, columns[0]] = 1.0
        if tell is not None:
            tell(number, len(parts))
    return found, names


def judge(
    probabilities: Any, names: Sequence[str], labels: Sequence[str], ids: Sequence[str]
) -> list[Doubt]:
    """What out-of-fold probabilities say of the labels, in the order of the rows.

    Args:
        probabilities: (rows, labels), in the order of `names`.
    """
    import numpy as np

    if len(names) < 2 or not labels:
        return []
    own = np.array([list(names).index(label) for label in labels])
    likely = _prune_mask(probabilities, own)
    at = np.arange(len(labels))
    others = probabilities.copy()
    others[at, own] = -1.0
    runner = others.argmax(1)
    margin = probabilities[at, own] - probabilities[at, runner]
    return [
        Doubt(
            ids[i],
            labels[i],
            names[int(runner[i])],
            round(float(margin[i]), 6),
            bool(likely[i] and margin[i] < 0),
        )
        for i in range(len(labels))
    ]


def confident_joint(probabilities: Any, own: Any) -> Any:
    """How many rows of each label (first axis) belong to each label (second), summing to the rows
    of the label.

    A row counts for the likeliest of the labels that reach the mean confidence which they have on
    their own rows.
    """
    import numpy as np

    width = probabilities.shape[1]
    mean = np.array(
        [probabilities[own == j, j].mean() if (own == j).any() else np.inf for j in range(width)]
    )
    reached = np.where(probabilities >= mean - 1e-9, probabilities, -1.0)
    best = reached.argmax(1)
    counted = reached[np.arange(len(own)), best] >= 0
    joint = np.zeros((width, width))
    np.add.at(joint, (own[counted], best[counted]), 1.0)
    rows = np.bincount(own, minlength=width)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), (rows > 0).astype(float)))
    sums = joint.sum(1, keepdims=True)
    return joint / np.where(sums > 0, sums, 1.0) * rows[:, None]


def _prune_mask(probabilities: Any, own: Any) -> Any:
    """(rows,) true where both prunings of the paper, by class and by noise rate, take the row."""
    import numpy as np

    joint = confident_joint(probabilities, own)
    by_class = np.zeros(len(own), dtype=bool)
    by_rate = np.zeros(len(own), dtype=bool)
    for label in range(len(joint)):
        rows = np.flatnonzero(own == label)
        wrong = round(float(joint[label].sum() - joint[label, label]))
        by_class[rows[np.argsort(probabilities[rows, label], kind="stable")[:wrong]]] = True
        for other in np.flatnonzero(joint[label] >= 0.5):
            if other != label:
                margin = probabilities[rows, label] - probabilities[rows, other]
                by_rate[
                    rows[np.argsort(margin, kind="stable")[: round(float(joint[label, other]))]]
                ] = True
    return by_class & by_rate


def doubts(
    examples: Sequence[Example],
    *,
    folds: int = FOLDS,
    seed: int = 0,
    features: Any = None,
    tell: Callable[[int, int], None] | None = None,
) -> list[Doubt]:
    """Judge the labels of rows that have one, in their order.

    Args:
        examples: rows with targets that are labels.
        features: (rows, width), such as sentence embeddings; words weighted by rarity when None.
        tell: is called with (folds done, folds).
    """
    if len({example.target for example in examples}) < 2:
        return []
    matrix = vectors([example.text for example in examples]) if features is None else features
    labels = [example.target or "" for example in examples]
    spread = fold_of(examples, folds, seed)
    probabilities, names = out_of_fold(matrix, labels, spread, seed, tell)
    return judge(probabilities, names, labels, [example.id for example in examples])


def rank_doubts(found: Sequence[Doubt], *, all_rows: bool = False) -> list[Doubt]:
    """The likely errors, worst first; with `all_rows` every row."""
    return sorted((d for d in found if all_rows or d.likely_error), key=lambda d: (d.margin, d.id))
