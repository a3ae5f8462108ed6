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
from outside_rows import Laid

HEAD = """# Which way

Made by `benchmarks/outside.py` from `benchmarks/outside.jsonl`, {day}. The decision table that
guides draw by hand, measured: on {sets} public sets, what a practitioner's recipes reach, and what
assay recommends, on the same rows. Differences and scores are in points (hundredths) with 95 %
intervals, paired, by {draws:,} bootstrap draws of test rows, or of groups where rows belong
together.
"""
HOW = """## How it was measured

- **Rows.** At most 1,500 to learn from and 600 to be asked about (banking77: 10 a label and all
  3,080; davidson: 1,000), drawn with a seed, then curated by assay as `assay run FILE` does it:
  equal texts go, and training rows that are near copies of test rows. Both sides get what is left.
  Splits are the official ones where there are any; else at random, whole groups where rows have one
  (templates, pages, articles).
- **Choice.** A recipe learns from train, its settings come from cross-validation on train or from
  val. *Chosen* is the recipe with the best score on val, of all that ran: what a practitioner would
  have taken. *Best outside* is the best on the test rows in hindsight, which nobody can choose
  beforehand; the more recipes, the more it flatters itself. Nothing is fitted again on train and
  val together, on either side.
- **Once.** Each recipe answers the test rows once. Changing a recipe after seeing its test score
  would need other rows.
- **Minutes** outside are processor minutes of the whole recipe in a process of its own, from
  loading to answers, on one thread; those of assay are of fitting and answering by the clock.
- **Outside** is `benchmarks/outside/`: scikit-learn, sentence-transformers, setfit, spaCy,
  sklearn-crfsuite, transformers' Trainer, FLAML, bm25s, TRL, with two bases that come as packages
  (all-MiniLM-L6-v2, SmolLM2-135M-Instruct). Trainings stop after two and a half minutes, or at the
  best epoch on val.
- **Scores** of both sides are counted by the same code, [assay's metrics](metrics.md).
"""
NOT = """## What it does not say

- Nothing about bases that do not come as a package: a practitioner with a hub would tune a larger
  encoder, or a reader trained on SQuAD, and with a paid service would ask a large model. The sets
  are English, and short but for four of them.
- Nothing about sets of 10,000 rows and more, where fine-tuning gains most: trainings here were
  short, on one thread.
- A difference of a point on 600 rows is mostly chance; read the intervals. A kind with two or three
  sets says little about the kind.
- AutoGluon is not there: with its encoders it wants a hub. FLAML stands in for searched ensembles.
- Runs of assay had 8 minutes, as those of `assay run FILE` have, on one thread of a processor that
  other work shared, on hatecheck, ncbi_disease, restaurant, restaurant_intents, sec_filings, piqa,
  coffee_rank, medquad, davidson, sms_spam, docs_issues, pubmedqa and mmlu (10) and cranfield_rank
  (12); banking77 had 8 on two threads, where `stack` takes 112 s to fit; covid_answers and
  coffee_answers were ended after 9, beside much other work; 0.8 to 4 minutes on the other sets.
  Prompting and LoRA were rarely finished, and the dear recipes outside have not run on all sets:
  see below. Both would gain from more.
- Where assay is furthest behind. hatecheck: test rows are of templates that train has none of,
  `vectors_words_lr` has the better score on val and `vectors_lr` on the test rows: val cannot tell
  them apart, and whoever goes by val loses 14.8 points. `vectors_lr` stops its solver early (a
  tolerance of 0.001 at C = 25); solved to the end it has 2.0 points fewer on val. docs_issues:
  `trainer_head` is best on 250 test rows and, with 5.3 points less than `setfit_package` on 76 val
  rows, nobody's choice.
- Not all rows were used once. Entered after a recipe outside was seen to be best on test rows:
  `probe-vectors` (hatecheck, pubmedqa), the tuned `encoder` for several labels
  (restaurant_intents) and for one (docs_issues; the run of hatecheck is from before),
  `best_sentence` by meaning alone (coffee_answers, where it is the better one, and covid_answers,
  where it is not), and that `dictionary` looks names up (sec_filings), where folds of train and
  val say so. That `encoder` names several labels from one half on, at a higher rate, was chosen by
  folds of the train and val rows of restaurant_intents after it was 1.6 points behind there.
  Candidates of `rank` are embedded once since `learning_to_rank` was not reached in
  time on cranfield_rank. How thresholds of several labels are set was changed after the score
  on presidio_types had been seen (it was 53.9). `best_sentence` got its whole passages after
  covid_answers and coffee_answers, and looks for whole documents among all of them since it was 4.2
  points behind on covid_answers: 6.0 points more there, 6.5 fewer on coffee_answers, where meaning
  alone had been chosen before; which of words and vectors it goes by was chosen on the train and
  val rows of these two. `neighbours` takes the written answer that agrees most with those near it
  since it was .4 behind on medquad: 5.1 more there, by cross-validation on train and val. The pull
  of `learning_to_rank` was chosen on train and val rows of cranfield_rank, coffee_rank and two
  sets besides. `reader` was chosen on rows of xquad. `likelihood` was added when assay had no
  strategy that reads options as texts; how it weighs them was chosen on training rows of piqa.
- Sets that many people know (banking77, sms_spam) may have been read by the bases; all of these
  were made before them.
"""
DRAWS = 2000
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
    sets: Sequence[Laid], rows: Sequence[dict[str, Any]], known: dict[str, list[str]]
) -> str:
    """The page. Sets without a result from outside are left out, those without one of assay say so.

    Args:
        known: set -> its recipes; those without a result are named as not measured yet.
    """
    by_set: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_set[row["set"]].append(row)
    told = [
        Told(laid, by_set[laid.name])
        for laid in sets
        if any("test" in row for row in by_set[laid.name])
    ]
    parts = [
        HEAD.format(day=date.today().isoformat(), sets=len(told), draws=DRAWS),
        "\n".join(summary(told)),
    ]
    parts += [
        "## By kind of task",
        "\n\n".join(by_kind(told)),
        "## Set by set",
        "\n".join(table(told)),
    ]
    parts += [HOW, NOT, "## Every result", "\n".join(everything(told))]
    if lines := [*unmeasured(told, known)]:
        parts += ["## Not measured yet", "\n".join(lines)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


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
    lost = {
        one.laid.name: one.less(one.arm("recommended") or {}, one.outside[one.best]).value
        for one in run
    }
    best = {
        one.laid.name: one.less(one.arm("best") or {}, one.outside[one.best]).value for one in run
    }
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
