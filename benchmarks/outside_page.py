"""docs/which-way.md from the results of outside.py: which way was best, on which kind of set, by
how much, how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import mean, median
from typing import Any

import numpy as np

from assay.stats.intervals import Interval, Weights, interval, metric_value
from assay.stats.standard_error import group_codes
from outside_prose import HEAD, HOW, NOT
from outside_rows import Laid

DRAWS = 2000
NAMES = ("these sets", "other rows of them, and four more sets", "what was left, and eight more")
COLUMNS = (
    "set",
    "kind",
    "learn / choose / test",
    "labels",
    "metric",
    "assay recommends",
    "assay's best",
)
COLUMNS += ("chosen outside", "best outside", "recommended less best outside", "minutes")


def document(
    sets: Sequence[Laid],
    rows: Sequence[dict[str, Any]],
    known: dict[str, list[str]],
    later: Sequence[tuple[str, Sequence[Laid]]] = (),
) -> str:
    """The page. Sets without a result from outside are left out, those without one of assay say so.

    Args:
        known: set -> its recipes; those without a result are named as not measured yet.
        later: prose and sets of each later drawing, which has a part of its own; a drawing without
            results is left out.
    """
    by_set: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_set[row["set"]].append(row)
    told, *fresh = (
        [
            Told(laid, by_set[laid.name])
            for laid in some
            if any("test" in row for row in by_set[laid.name])
        ]
        for some in (sets, *(drawn for _, drawn in later))
    )
    parts = [
        HEAD.format(day=date.today().isoformat(), sets=len(told), draws=DRAWS),
        "\n".join(overview([*zip(NAMES, (told, *fresh), strict=False)])) if any(fresh) else "",
        "\n".join(summary(told)),
    ]
    for (prose, _), some in zip(later, fresh, strict=True):
        if some:
            parts += [prose.format(sets=len(some)), "\n".join(summary(some))]
            parts += ["\n".join(table(some))]
    parts += [
        "## By kind of task",
        "\n\n".join(by_kind(told)),
        "## Set by set",
        "\n".join(table(told)),
    ]
    every = [one for some in (told, *fresh) for one in some]
    parts += [HOW, NOT, "## Every result", "\n".join(everything(every))]
    if lines := [*unmeasured(every, known)]:
        parts += ["## Not measured yet", "\n".join(lines)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def unmeasured(told: Sequence[Told], known: dict[str, list[str]]) -> Iterator[str]:
    for one in told:
        names = [
            name
            for name in known[one.laid.name]
            if name not in one.outside and name not in one.failed
        ]
        if names:
            yield f"- {one.laid.name}: {', '.join(f'`{name}`' for name in names)}"


class Told:
    """The results of a set, with what compares them."""

    def __init__(self, laid: Laid, rows: Sequence[dict[str, Any]]):
        self.laid = laid
        self.outside = {
            row["recipe"]: row for row in rows if row["side"] == "outside" and "test" in row
        }
        self.failed = {
            row["recipe"]: row["failure"]
            for row in rows
            if row["side"] == "outside" and "failure" in row
        }
        runs = [row for row in rows if row["side"] == "assay" and row.get("recommended")]
        self.run = runs[-1] if runs else None  # the last label that was run
        groups = group_codes([example.group for example in laid.examples("test")])
        self.weights = Weights(laid.about["rows"]["test"], draws=DRAWS, groups=groups)

    @property
    def chosen(self) -> str:
        return max(
            self.outside,
            key=lambda name: (self.outside[name]["val"], -self.outside[name]["seconds"]),
        )

    @property
    def best(self) -> str:
        return max(self.outside, key=lambda name: self.outside[name]["test"])

    def arm(self, which: str) -> dict[str, Any] | None:
        """The arm of assay that is `recommended`, or `best`."""
        return self.run and self.run["arms"][self.run[which]]

    def score(self, one: dict[str, Any]) -> Interval:
        columns = np.array(one["rows"], dtype=np.float64)
        return interval(one["test"], self.weights.values(columns, self.laid.metric.total))

    def less(self, one: dict[str, Any], other: dict[str, Any]) -> Interval:
        """`one` minus `other`, in points."""
        total = self.laid.metric.total
        a, b = (np.array(side["rows"], dtype=np.float64) for side in (one, other))
        drawn = 100 * (self.weights.values(a, total) - self.weights.values(b, total))
        return interval(100 * (metric_value(a, total) - metric_value(b, total)), drawn)


def summary(told: Sequence[Told]) -> Iterator[str]:
    chosen = [
        100 * (one.outside[one.best]["test"] - one.outside[one.chosen]["test"]) for one in told
    ]
    yield (
        "Outside alone: the recipe that val names is within 1"
        f" point of the best one in hindsight on {sum(loss <= 1 for loss in chosen)} of {len(told)}"
        f" sets; it loses {mean(chosen):.1f} points on average, {max(chosen):.1f} at worst."
    )
    run = [one for one in told if one.run]
    if not run:
        yield ""
        yield "assay has not been run on these sets yet."
        return
    lost, best = (differences(run, which) for which in ("recommended", "best"))
    against = [one.less(one.arm("recommended") or {}, one.outside[one.chosen]).value for one in run]
    worst = min(lost, key=lambda name: lost[name])
    yield ""
    yield (
        "assay: its recommended strategy is within 1 point of the best recipe"
        f" outside on {sum(value >= -1 for value in lost.values())} of {len(run)} sets, and at"
        f" worst {-lost[worst]:.1f} points behind it ({worst}); against the recipe that val names,"
        f" {mean(against):+.1f} points on average. Its best strategy in hindsight is at least as"
        f" good as the best outside on {sum(value >= 0 for value in best.values())} of {len(run)}."
    )


def differences(run: Sequence[Told], which: str) -> dict[str, float]:
    """Set -> points of the `recommended` or the `best` strategy less the best recipe outside."""
    return {
        one.laid.name: one.less(one.arm(which) or {}, one.outside[one.best]).value for one in run
    }


def overview(drawings: Sequence[tuple[str, Sequence[Told]]]) -> Iterator[str]:
    """A line a drawing; `drawings`: its name, and its sets."""
    yield (
        "| drawing | sets | recommended within 1 point of the best outside | at worst behind"
        " | best in hindsight at least as good |"
    )
    yield "|---|---|---|---|---|"
    for name, told in drawings:
        run = [one for one in told if one.run]
        if not run:
            continue
        lost, best = (differences(run, which).values() for which in ("recommended", "best"))
        cells = [
            name,
            f"{len(run)}",
            f"{sum(value >= -1 for value in lost)}",
            f"{max(0.0, -min(lost)):.1f}",
            f"{sum(value >= 0 for value in best)}",
        ]
        yield f"| {' | '.join(cells)} |"


def table(told: Sequence[Told]) -> Iterator[str]:
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---" * len(COLUMNS) + "|"
    for one in told:
        about = one.laid.about
        rows = " / ".join(f"{about['rows'][split]:,}" for split in ("train", "val", "test"))
        chosen, best = one.outside[one.chosen], one.outside[one.best]
        recommended, ours = one.arm("recommended"), one.arm("best")
        difference = points(one.less(recommended, best)) if recommended else "–"
        times = [recommended, ours, chosen, best]
        minutes = ", ".join(f"{side['seconds'] / 60:.1f}" if side else "–" for side in times)
        cells = [about["name"], about["kind"], rows, about["labels"] or "–", about["metric"]]
        cells += [
            named(one, one.run and one.run[which], one.arm(which))
            for which in ("recommended", "best")
        ]
        cells += [named(one, one.chosen, chosen), named(one, one.best, best), difference, minutes]
        yield "| " + " | ".join(map(str, cells)) + " |"
    yield ""
    yield "Minutes: of the four in the order of the columns. Intervals of differences are paired."


def named(one: Told, name: str | None, side: dict[str, Any] | None) -> str:
    if side is None:
        return "–"
    found = one.score(side)
    return f"`{name}` {100 * found.value:.1f} ({100 * found.low:.1f} to {100 * found.high:.1f})"


def points(found: Interval) -> str:
    return f"{found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})"


def by_kind(told: Sequence[Told]) -> Iterator[str]:
    """Each kind's recipes, and assay's strategies where they ran: how far below the best outside,
    over its sets."""
    kinds: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        about = one.laid.about
        kinds[f"{about['kind']} with documents" if about["documents"] else about["kind"]].append(
            one
        )
    for kind, some in kinds.items():
        sizes = [one.laid.about["rows"]["train"] for one in some]
        named_sets = ", ".join(one.laid.name for one in some)
        lines = [
            f"### {kind}",
            "",
            f"{named_sets}; {min(sizes):,} to {max(sizes):,} rows to learn from.",
            "",
        ]
        lines += [
            "| recipe | sets | points behind the best outside, mean | at worst | named by val on"
            " | minutes |"
        ]
        lines += ["|---" * 6 + "|"]
        lines += [
            line
            for *_, line in sorted(
                behind(name, some) for name in {n for o in some for n in o.outside}
            )
        ]
        yield "\n".join(lines)


def behind(name: str, some: Sequence[Told]) -> tuple[bool, float, str]:
    """A recipe's line, with what it is sorted by: those that ran on all sets first, then the
    points."""
    own = [one for one in some if name in one.outside]
    points = [100 * (one.outside[one.best]["test"] - one.outside[name]["test"]) for one in own]
    minutes = median(one.outside[name]["seconds"] for one in own) / 60
    named_on = sum(one.chosen == name for one in own)
    line = (
        f"| `{name}` | {len(own)} | {mean(points):.1f} | {max(points):.1f} | {named_on} |"
        f" {minutes:.1f} |"
    )
    return len(own) < len(some), mean(points), line


def everything(told: Sequence[Told]) -> Iterator[str]:
    yield "Score on val, **score on test**, seconds; in the order of val."
    yield ""
    for one in told:
        ordered = sorted(one.outside.items(), key=lambda pair: -pair[1]["val"])
        sides = [
            f"`{n}` {100 * o['val']:.1f}, **{100 * o['test']:.1f}**, {o['seconds']:.0f} s"
            for n, o in ordered
        ]
        yield f"- {one.laid.name}: {'; '.join(sides)}"
        if one.run:
            arms = sorted(one.run["arms"].items(), key=lambda pair: -pair[1]["test"])
            sides = [
                f"`{name}` **{100 * arm['test']:.1f}**, {arm['seconds']:.0f} s"
                for name, arm in arms
            ]
            yield f"  - assay: {'; '.join(sides)}"
        yield from (f"  - `{name}` failed: {why}" for name, why in one.failed.items())
