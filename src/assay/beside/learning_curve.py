"""What would more labelled rows bring? Arms fitted on nested subsets of the training rows, asked the same test rows.

Points     for each share of `sizes` and each draw one fit; all rows are the run's own fit
Interval   test rows are drawn, the same ones at every size; where several subsets of a size were taken, these too
Curve      `validate/learning_curve/law.py`, no further than `reach` times the rows that there are
Time       the points that cost least are taken first; those that would pass `minutes` are left out, and counted
Watch out  val rows stay whole at every size: an arm that stops or chooses by them has more labels than the curve says
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.beside.seen import Seen
from assay.beside.variants import varied
from assay.errors import ResourceError, TrainError
from assay.nouns import Metric, Strategy
from assay.prepared import Prepared
from assay.validate.learning_curve.settings import LearningCurve

if TYPE_CHECKING:
    import numpy as np

    from assay.config import Project
    from assay.intervals import Interval, Weights
    from assay.weigh import Arm

KEY = "learning_curve"
START = 5.0  # seconds that a process takes before it fits, and between fit and answers
FLAT = 0.01  # a gain below this is none


def wanted(project: Project, prepared: Prepared) -> bool:
    return project.checking.learning_curve.asked(project.checking.depth)


def strategies(project: Project, prepared: Prepared) -> list[Strategy]:
    """None beside the arms, which have their models."""
    return []


def sentences(found: dict[str, Any]) -> list[str]:
    """None: the section of the report says it."""
    return []


@dataclass(frozen=True)
class Point:
    """A fit on `rows` of the labelled rows, of one draw, and the seconds that it is thought to take."""

    arm: Arm
    rows: int
    draw: int
    seconds: float


def ask(seen: Seen) -> dict[str, Any] | None:
    """`learning_curve` of the report; None where there are too few rows or no arm learns from them (D127)."""
    from assay.validate.learning_curve.subsets import labelled, sizes_of

    settings = seen.bench.project.checking.learning_curve
    train = seen.bench.prepared.examples("train")
    whole = len(labelled(train))
    sizes, arms = sizes_of(whole, settings.sizes), studied(seen, settings)
    if not sizes or not arms:
        why = f"{whole} labelled training rows are too few" if not sizes else "no arm learns from rows"
        seen.bench.tell(
            {"event": "warning", "code": "D127", "count": whole, "text": f"there is no learning curve: {why}"}
        )
        return None
    chosen, left_out = within(seen, planned(arms, sizes, whole, settings, len(seen.exam)), 60 * settings.minutes)
    taken, failed = answered(seen, chosen)
    drawn = Drawn.of(seen)
    curves = [curve for arm in arms if (curve := drawn.curve(arm, taken, whole, settings))]
    return {
        "metric": drawn.metric.name,
        "level": seen.level,
        "rows": {"train": whole, "test": len(seen.exam)},
        "reach": settings.reach,
        "arms": curves,
        "left_out": [{"arm": p.arm.name, "rows": p.rows, "draw": p.draw, "why": why} for p, why in left_out + failed],
    }


# --- which arms and points ------------------------------------------------------------------------------------------


def studied(seen: Seen, settings: LearningCurve) -> list[Arm]:
    """The arms that are asked: those named, else all that learn from rows in seconds, with the recommended one and the
    best one."""
    if settings.arms:
        return [arm for arm in seen.done if arm.name in settings.arms]
    best = seen.chosen()[:2]
    found = [arm for arm in seen.done if learns(seen.strategy(arm.name))]
    return [arm for arm in found if arm.name in best or cheap(seen, seen.strategy(arm.name))]


def learns(strategy: Strategy) -> bool:
    """Whether more rows can make it better: not the most frequent label, nor a model asked without examples."""
    from assay.prompt import Majority, Shots

    silent = isinstance(strategy, Majority) or (isinstance(strategy, Shots) and not strategy.k)
    return "train" in strategy.reads and not silent


def cheap(seen: Seen, strategy: Strategy) -> bool:
    """Whether it neither trains nor asks a language model."""
    return not set(strategy.needs(seen.bench.project.model)) - set(strategy.encoders())


def planned(
    arms: Sequence[Arm], sizes: Sequence[int], whole: int, settings: LearningCurve, questions: int
) -> Iterator[Point]:
    """All points, in the order in which they are taken: one draw of every arm, cheap ones first, then the next draw."""
    for draw in range(settings.draws):
        points = []
        for arm in arms:
            fit, each = arm.cost.get("fit_seconds") or 0.0, arm.cost.get("seconds_per_answer") or 0.0
            points += [Point(arm, n, draw, START + fit * n / whole + each * questions) for n in sizes]
        yield from sorted(points, key=lambda point: point.seconds)


def within(seen: Seen, points: Iterator[Point], seconds: float) -> tuple[list[Point], list[tuple[Point, str]]]:
    """The points that fit into the time, by what they are thought to take; and those that do not."""
    taken, left_out = [], []
    for point in points:
        if point.seconds <= seconds:
            taken.append(point)
            seconds -= point.seconds
        else:
            left_out.append((point, f"about {point.seconds:,.0f} s, more than is left of `minutes`"))
    return taken, left_out


# --- answers --------------------------------------------------------------------------------------------------------


def answered(seen: Seen, points: Sequence[Point]) -> tuple[list[tuple[Point, Any]], list[tuple[Point, str]]]:
    """The rows of the deciding metric at each point, (test rows, columns); and the points whose fit failed.

    Raises:
        AssayError: as the worker, but for a fit that fails.
    """
    from assay.bench import answers_in
    from assay.validate import judge
    from assay.validate.learning_curve.subsets import subset

    exam, task = seen.exam, seen.task
    train = seen.bench.prepared.examples("train")
    found, failed = [], []
    for point in points:
        rows = subset(train, point.rows, stratify=task.kind == "classify", seed=seen.seed, draw=point.draw)
        one, strategy = varied(seen.bench, KEY, train=rows), seen.strategy(point.arm.name)
        if one.state(strategy, exam.hash) != "cached":
            name = f"learning curve, {point.arm.name} on {point.rows:,} rows"
            seen.bench.tell({"event": "stage", "name": name, "state": "start"})
            try:
                one.run(name, strategy, exam.questions, exam.hash)
            except (TrainError, ResourceError) as error:
                failed.append((point, error.problems[0].text))
                continue
            seen.bench.tell({"event": "stage", "name": name, "state": "done"})
        scores = judge(exam.records(answers_in(one, strategy, exam.hash)), task)
        found.append((point, scores.rows[scores.metrics[0].name]))
    return found, failed


# --- curves ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """The test rows drawn again and again, the same for every arm and size."""

    seen: Seen
    metric: Metric
    weights: Weights

    @classmethod
    def of(cls, seen: Seen) -> Drawn:
        from assay.intervals import Weights
        from assay.validate import metrics_for

        return cls(seen, metrics_for(seen.task)[0], Weights(len(seen.exam), seed=seen.seed))

    def score(self, parts: Sequence[np.ndarray]) -> tuple[float, np.ndarray]:
        """The mean score of several subsets of one size, and the same in each draw: test rows are drawn, and subsets.

        Few subsets drawn with replacement spread too little, by the root of (k - 1) / k: their spread is widened by as
        much (Efron and Tibshirani 1993, section 5.3).
        """
        import numpy as np

        from assay.intervals import observed

        values = np.stack([self.weights.values(rows, self.metric.total) for rows in parts])
        k, middle = len(parts), values.mean(axis=0)
        value = float(np.mean([observed(rows, self.metric.total) for rows in parts]))
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

        from assay.validate import judge
        from assay.validate.learning_curve.law import fitted

        parts: dict[int, list[Any]] = {}
        for point, rows in sorted(taken, key=lambda pair: (pair[0].rows, pair[0].draw)):
            if point.arm.name == arm.name:
                parts.setdefault(point.rows, []).append(rows)
        if not parts:
            return None
        parts[whole] = [judge(arm.records, self.seen.task).rows[self.metric.name]]
        scores = {n: self.score(some) for n, some in parts.items()}
        sign = 1 if self.metric.higher_is_better else -1
        errors = {n: (loss(value, sign), loss(drawn, sign)) for n, (value, drawn) in scores.items()}
        sizes = sorted(errors)
        seen, drawn = np.array([errors[n][0] for n in sizes]), np.stack([errors[n][1] for n in sizes], axis=1)
        fit = fitted(np.array(sizes), seen, drawn)
        assert fit is not None, "there are two points at least"
        end = int(whole * settings.reach)
        then = min(whole + (settings.more or a_quarter(whole)), end)
        more, furthest = (fit.gain(whole, n, self.seen.level) if n > whole else None for n in (then, end))
        return {
            "name": arm.name,
            "points": [self.point(n, len(parts[n]), *scores[n]) for n in sizes],
            "law": fit.law,
            "numbers": numbers(fit.seen[0], fit.law),
            "curve": self.band(fit, sizes[0], end, sign),
            "last": self.last(scores, sizes[-2:]),
            "more": {"rows": then - whole, **told(more, "gain")} if more else None,
            "furthest": {"rows": end - whole, **told(furthest, "gain")} if furthest else None,
            "word": word(furthest),
        }

    def point(self, rows: int, draws: int, value: float, drawn: np.ndarray) -> dict[str, Any]:
        from assay.intervals import interval

        return {"rows": rows, "draws": draws, **told(interval(value, drawn, self.seen.level), "score")}

    def last(self, scores: dict[int, Any], pair: Sequence[int]) -> dict[str, Any]:
        """What the last step brought, from the rows of the second largest size to all of them; paired by test row."""
        from assay.intervals import interval

        (before, less), (after, more) = scores[pair[0]], scores[pair[1]]
        return {"from": pair[0], **told(interval(after - before, more - less, self.seen.level), "gain")}

    def band(self, fit: Any, first: int, end: int, sign: int) -> list[dict[str, Any]]:
        """The curve at 25 numbers of rows, evenly spaced in their logarithm."""
        import numpy as np

        from assay.intervals import interval

        rows = sorted({round(n) for n in np.geomspace(first, max(first, end), 25)})
        seen, drawn = fit.errors(np.array(rows))
        out = []
        for i, n in enumerate(rows):
            one = interval(loss(float(seen[i]), sign), loss(drawn[:, i], sign), self.seen.level)
            out.append({"rows": n, **told(one, "score")})
        return out


def loss(value: Any, sign: int) -> Any:
    """A score as an error and back: 1 - score where higher is better."""
    return 1 - value if sign > 0 else value


def told(found: Interval, name: str) -> dict[str, float | None]:
    from assay.weigh.measure import rounded

    return {name: rounded(found.value), "low": rounded(found.low), "high": rounded(found.high)}


def numbers(seen: Any, law: str) -> dict[str, float]:
    """The numbers of the curve, rows counted in times of all that there are."""
    a, b, c = (round(float(n), 6) for n in seen)
    return {"a": a, "b": b, "c": c} if law == "power" else {"error": a, "slope": b}


def a_quarter(rows: int) -> int:
    """Of the rows, to two digits: 955 gives 240, 84 gives 21."""
    quarter = max(1, round(rows / 4))
    return round(quarter, min(0, 2 - len(str(quarter))))


def word(gain: Interval | None) -> str:
    """`rises`: more rows help; `flat`: as many as `reach` allows bring less than a point; `open`: the interval has room
    for both."""
    if gain is None:
        return "open"
    if gain.high < FLAT:
        return "flat"
    return "rises" if round(gain.low, 6) > 0 else "open"
