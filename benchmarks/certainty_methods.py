"""Which interval covers? Known methods beside the product's, on synthetic studies of two arms.

    python benchmarks/certainty_methods.py [--studies 4500]

percentile     quantiles of the bootstrap
BCa            the same, corrected for bias and skew (Efron 1987)
bootstrap-t    Student's t with drawn quantiles
closed         Wilson, Newcombe's method 10 (1998), Tango's score (1998)
assay          `assay.stats.standard_error`
Accuracy: rows are independent, accuracies 0.6, 0.8 and 0.95 a third each, the second arm two points
better. Macro-F1: as in certainty.py, a tenth as many studies.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict

import numpy as np
from scipy.special import ndtr, ndtri

from assay.evaluation.metrics.accuracy import Accuracy
from assay.evaluation.metrics.macro_f1 import MacroF1
from assay.stats.intervals import Weights
from assay.stats.standard_error import difference_interval, score_interval, spread_of
from certainty_world import columns, macro_f1, studies, world

Z = float(ndtri(0.975))
DRAWS = 500
Bounds = tuple[np.ndarray, np.ndarray]


def bootstrapped(
    value: np.ndarray, drawn: np.ndarray, errors: np.ndarray, error: np.ndarray, skew: np.ndarray
) -> dict:
    """The three intervals of the bootstrap. value, error, skew (studies,); drawn, errors (studies,
    draws).

    Args:
        errors: standard error in each draw. skew: the acceleration of BCa.
    """
    found = {
        "percentile": _quantiles(drawn, np.full(len(value), 0.025), np.full(len(value), 0.975))
    }
    below = (drawn < value[:, None]).mean(axis=1) + (drawn == value[:, None]).mean(axis=1) / 2
    bias = ndtri(np.clip(below, 1e-3, 1 - 1e-3))
    ends = [ndtr(bias + (bias + z) / (1 - skew * (bias + z))) for z in (-Z, Z)]
    found["BCa"] = _quantiles(drawn, *ends)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.nan_to_num((drawn - value[:, None]) / errors, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.quantile(t, [0.025, 0.975], axis=1)
    found["bootstrap-t"] = value - high * error, value - low * error
    return found


def _quantiles(drawn: np.ndarray, low: np.ndarray, high: np.ndarray) -> Bounds:
    order = np.sort(drawn, axis=1)
    at = np.arange(len(order))
    last = order.shape[1] - 1
    first, second = (np.clip(np.rint(share * last), 0, last).astype(int) for share in (low, high))
    return order[at, first], order[at, second]


def wilson(share: np.ndarray, n: int) -> Bounds:
    square = Z**2 / n
    middle, half = share + square / 2, np.sqrt(square * (share * (1 - share) + square / 4))
    return (middle - half) / (1 + square), (middle + half) / (1 + square)


def newcombe(
    first: np.ndarray, second: np.ndarray, only: np.ndarray, other: np.ndarray, n: int
) -> Bounds:
    """Method 10: Wilson's intervals of both, with the correlation of the pairs, corrected for
    continuity."""
    both = first * n - only
    neither = n - both - only - other
    product = (both + only) * (other + neither) * (both + other) * (only + neither)
    odds = both * neither - only * other
    odds = np.where(odds > n / 2, odds - n / 2, np.where(odds >= 0, 0, odds))
    phi = np.divide(odds, np.sqrt(product), out=np.zeros(len(first)), where=product > 0)
    (l1, u1), (l2, u2) = wilson(first, n), wilson(second, n)
    gap, a, b, c, d = first - second, first - l1, u2 - second, u1 - first, second - l2
    low = gap - np.sqrt(a**2 - 2 * phi * a * b + b**2)
    return low, gap + np.sqrt(c**2 - 2 * phi * c * d + d**2)


def tango(only: np.ndarray, other: np.ndarray, n: int) -> Bounds:
    """Where the score statistic reaches Z, found by halving."""

    def score(gap: np.ndarray) -> np.ndarray:
        b = -only - other + (2 * n - only + other) * gap
        c = -other * gap * (1 - gap)
        share = (np.sqrt(np.maximum(b**2 - 8 * n * c, 0)) - b) / (4 * n)
        variance = n * (2 * share + gap * (1 - gap))
        return (only - other - n * gap) / np.sqrt(np.maximum(variance, 1e-12))

    ends = []
    for sign in (1, -1):
        near, far = (only - other) / n, np.full(len(only), -1.0 * sign)
        for _ in range(60):
            middle = (near + far) / 2
            inside = np.abs(score(middle)) <= Z
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        ends.append(near)
    return ends[0], ends[1]


def accuracy(n: int, many: int, draw: np.random.Generator) -> dict[str, list[float]]:
    """Coverage of single accuracies and of paired differences, by method."""
    covered: dict[str, list[float]] = defaultdict(list)
    total = Accuracy().total
    for level in (0.6, 0.8, 0.95):
        of = world(5, np.array([level + 0.02, level]), draw, 0.3)
        sets = studies(of, many // 3, n, 0, draw)
        right = (sets.answers == sets.targets[:, None]).astype(float)
        first, second = right.mean(axis=2).T
        only, other = ((right[:, i] > right[:, 1 - i]).sum(axis=1) for i in (0, 1))
        apart = right[:, 0] - right[:, 1]
        parts = np.stack([only / n, other / n, 1 - (only + other) / n], axis=1)
        boot = np.stack([draw.multinomial(n, part, DRAWS) for part in parts])
        drawn = (boot[..., 0] - boot[..., 1]) / n
        spread = np.sqrt(np.maximum((boot[..., 0] + boot[..., 1]) / n - drawn**2, 0) / n)
        single = draw.binomial(n, first[:, None], (len(first), DRAWS)) / n
        paired = bootstrapped(
            first - second, drawn, spread, apart.std(axis=1) / np.sqrt(n), _skew(apart)
        )
        paired |= {
            "Newcombe": newcombe(first, second, only, other, n),
            "Tango": tango(only, other, n),
        }
        alone = bootstrapped(
            first,
            single,
            np.sqrt(single * (1 - single) / n),
            right[:, 0].std(axis=1) / np.sqrt(n),
            _skew(right[:, 0]),
        )
        alone |= {"Wilson": wilson(first, n)}
        spreads = [[spread_of(rows[:, None], total) for rows in study] for study in right]
        alone["assay"] = _bounds([score_interval(a) for a, _ in spreads])
        paired["assay"] = _bounds([difference_interval(a.minus(b)) for a, b in spreads])
        truth = of.accuracy
        for what, found, true in (
            ("single", alone, truth[0]),
            ("paired", paired, truth[0] - truth[1]),
        ):
            for name, (low, high) in found.items():
                covered[f"{what} {name}"].append(_covers(low, high, true))
    return covered


def _skew(rows: np.ndarray) -> np.ndarray:
    own = rows - rows.mean(axis=1, keepdims=True)
    square = (own**2).sum(axis=1) ** 1.5
    return np.divide((own**3).sum(axis=1), 6 * square, out=np.zeros(len(rows)), where=square > 0)


def _bounds(found: list) -> Bounds:
    return np.array([one.low for one in found]), np.array([one.high for one in found])


def _covers(low: np.ndarray, high: np.ndarray, true: float) -> float:
    return float(((low <= true + 1e-12) & (true - 1e-12 <= high)).mean())


def f1(labels: int, n: int, many: int, draw: np.random.Generator) -> dict[str, list[float]]:
    """The same of macro-F1."""
    covered: dict[str, list[float]] = defaultdict(list)
    total = MacroF1().total
    for level in (0.6, 0.8, 0.95):
        of = world(labels, np.array([level + 0.02, level]), draw, 0.3)
        true = macro_f1(studies(of, 1000, n, 0, draw), labels).mean(axis=0)
        sets = studies(of, max(1, many // 3), n, 0, draw)
        for index in range(len(sets.targets)):
            rows = [
                columns(sets.targets[index], one, "macro_f1", labels) for one in sets.answers[index]
            ]
            weights = Weights(n, draws=DRAWS, seed=index)
            drawn = [weights.values(one, total) for one in rows]
            one, two = (spread_of(r, total, None, d) for r, d in zip(rows, drawn, strict=True))
            for what, spread, values, aim, ours in (
                ("single", one, drawn[0], true[0], score_interval(one)),
                (
                    "paired",
                    one.minus(two),
                    drawn[0] - drawn[1],
                    true[0] - true[1],
                    difference_interval(one.minus(two)),
                ),
            ):
                own = spread.left.mean() - spread.left
                size = (own**2).sum() ** 1.5
                skew = np.array([(own**3).sum() / (6 * size) if size else 0.0])
                error = np.array([spread.error])
                found = bootstrapped(
                    np.array([spread.value]), values[None], error[:, None], error, skew
                )
                del found["bootstrap-t"]  # it would ask for a standard error in every draw
                for name, (low, high) in found.items():
                    covered[f"{what} {name}"].append(_covers(low, high, aim))
                covered[f"{what} assay"].append(float(ours.low <= aim <= ours.high))
    return covered


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=4500)
    many = parser.parse_args().studies
    draw = np.random.default_rng(1)
    cells = {f"accuracy, {n} rows": accuracy(n, many, draw) for n in (50, 200)}
    for labels, n in ((5, 50), (5, 200), (77, 50), (77, 200)):
        cells[f"macro-F1, {labels} labels, {n} rows"] = f1(labels, n, many // 10, draw)
    names = ("percentile", "BCa", "bootstrap-t", "Wilson", "Newcombe", "Tango", "assay")
    print(f"| | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for cell, covered in cells.items():
        for what in ("single", "paired"):
            found = [covered.get(f"{what} {name}") for name in names]
            cells_ = ["–" if values is None else f"{100 * np.mean(values):.1f}" for values in found]
            print(f"| {cell}, {what} | {' | '.join(cells_)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
