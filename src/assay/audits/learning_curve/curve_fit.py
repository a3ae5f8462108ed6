"""From answers to a learning curve: scores with their intervals, the fitted curve, what more rows
would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.audits.context import Seen
from assay.config.audits.learning_curve import LearningCurve
from assay.core.types import Metric

if TYPE_CHECKING:
    import numpy as np

    from assay.decision.finished_arm import Arm
    from assay.stats.intervals import Interval, Weights

FLAT = 0.01  # a gain below this is none


@dataclass(frozen=True)
class Point:
    """A fit on `rows` of the labelled rows, of one draw, and the seconds that it is thought to
    take."""

    arm: Arm
    rows: int
    draw: int
    seconds: float


@dataclass(frozen=True)
class Drawn:
    """The test rows drawn again and again, the same for every arm and size."""

    seen: Seen
    metric: Metric
    weights: Weights

    @classmethod
    def of(cls, seen: Seen) -> Drawn:
        from assay.evaluation.scoring import metrics_for
        from assay.stats.intervals import Weights

        return cls(seen, metrics_for(seen.task)[0], Weights(len(seen.exam), seed=seen.seed))

    def score(self, parts: Sequence[np.ndarray]) -> tuple[float, np.ndarray]:
        """The mean score of several subsets of one size, and the same in each draw: test rows are
        drawn, and subsets.

        Few subsets drawn with replacement spread too little, by the root of (k - 1) / k: their
        spread is widened by as much (Efron and Tibshirani 1993, section 5.3).
        """
        import numpy as np

        from assay.stats.intervals import metric_value

        values = np.stack([self.weights.values(rows, self.metric.total) for rows in parts])
        k, middle = len(parts), values.mean(axis=0)
        value = float(np.mean([metric_value(rows, self.metric.total) for rows in parts]))
        if k == 1:
            return value, middle
        picks = np.random.default_rng([self.seen.seed, k]).integers(0, k, size=(values.shape[1], k))
        picked = values[picks.T, np.arange(values.shape[1])].mean(axis=0)
        return value, middle + (k / (k - 1)) ** 0.5 * (picked - middle)

    def curve(
        self, arm: Arm, taken: Sequence[tuple[Point, Any]], whole: int, settings: LearningCurve
    ) -> dict[str, Any] | None:
        """One of `arms` in the report; None where nothing but the run's own fit is there."""
        import numpy as np

        from assay.audits.learning_curve.power_law import fit_curve

        parts: dict[int, list[Any]] = {}
        for point, rows in sorted(taken, key=lambda pair: (pair[0].rows, pair[0].draw)):
            if point.arm.name == arm.name:
                parts.setdefault(point.rows, []).append(rows)
        if not parts:
            return None
        parts[whole] = [arm.scores_by(self.seen.task).rows[self.metric.name]]
        scores = {n: self.score(some) for n, some in parts.items()}
        sign = 1 if self.metric.higher_is_better else -1
        errors = {n: (loss(value, sign), loss(drawn, sign)) for n, (value, drawn) in scores.items()}
        sizes = sorted(errors)
        seen, drawn = (
            np.array([errors[n][0] for n in sizes]),
            np.stack([errors[n][1] for n in sizes], axis=1),
        )
        fit = fit_curve(np.array(sizes), seen, drawn, 1.0 if sign > 0 else self.metric.high)
        assert fit is not None, "there are two points at least"
        end = int(whole * settings.reach)
        then = min(whole + (settings.more or a_quarter(whole)), end)
        more, furthest = (
            fit.gain(whole, n, self.seen.level) if n > whole else None for n in (then, end)
        )
        return {
            "name": arm.name,
            "points": [self.point(n, len(parts[n]), *scores[n]) for n in sizes],
            "law": fit.law,
            "numbers": numbers(fit.seen[0], fit.law),
            "curve": self.band(fit, sizes[0], end, sign),
            "last": self.last(scores, sizes[-2:], sign),
            "more": {"rows": then - whole, **interval_fields(more, "gain")} if more else None,
            "furthest": {"rows": end - whole, **interval_fields(furthest, "gain")}
            if furthest
            else None,
            "word": word(furthest),
        }

    def point(self, rows: int, draws: int, value: float, drawn: np.ndarray) -> dict[str, Any]:
        from assay.stats.intervals import interval

        return {
            "rows": rows,
            "draws": draws,
            **interval_fields(interval(value, drawn, self.seen.level), "score"),
        }

    def last(self, scores: dict[int, Any], pair: Sequence[int], sign: int) -> dict[str, Any]:
        """What the last step brought, from the rows of the second largest size to all of them;
        paired by test row."""
        from assay.stats.intervals import interval

        (before, less), (after, more) = scores[pair[0]], scores[pair[1]]
        return {
            "from": pair[0],
            **interval_fields(
                interval(sign * (after - before), sign * (more - less), self.seen.level), "gain"
            ),
        }

    def band(self, fit: Any, first: int, end: int, sign: int) -> list[dict[str, Any]]:
        """The curve at 25 numbers of rows, evenly spaced in their logarithm."""
        import numpy as np

        from assay.stats.intervals import interval

        rows = sorted({round(n) for n in np.geomspace(first, max(first, end), 25)})
        seen, drawn = fit.errors(np.array(rows))
        out = []
        for i, n in enumerate(rows):
            one = interval(loss(float(seen[i]), sign), loss(drawn[:, i], sign), self.seen.level)
            out.append({"rows": n, **interval_fields(one, "score")})
        return out


def loss(value: Any, sign: int) -> Any:
    """A score as an error and back: 1 - score where higher is better."""
    return 1 - value if sign > 0 else value


def interval_fields(found: Interval, name: str) -> dict[str, float | None]:
    from assay.decision.measured_scores import round_or_none

    return {
        name: round_or_none(found.value),
        "low": round_or_none(found.low),
        "high": round_or_none(found.high),
    }


def numbers(seen: Any, law: str) -> dict[str, float]:
    """The numbers of the curve, rows counted in times of all that there are."""
    a, b, c = (round(float(n), 6) for n in seen)
    return {"a": a, "b": b, "c": c} if law == "power" else {"error": a, "slope": b}


def a_quarter(rows: int) -> int:
    """Of the rows, to two digits: 955 gives 240, 84 gives 21."""
    quarter = max(1, round(rows / 4))
    return round(quarter, min(0, 2 - len(str(quarter))))


def word(gain: Interval | None) -> str:
    """`rises`: more rows help; `flat`: as many as `reach` allows bring less than a point; `open`:
    the interval has room for both."""
    if gain is None:
        return "open"
    if gain.high < FLAT:
        return "flat"
    return "rises" if round(gain.low, 6) > 0 else "open"
