"""What a remedy against bias changes, and what it costs: an arm fitted again on training rows made to be even-handed.

counterfactual   every training row with a group's words is there a second time with them swapped (curate/augment)
balance          labels have as many training rows each
Gap              share of the pairs, in the text and framed, that are answered differently, less that of the arm itself
Price            the task's metric on the test rows, less that of the arm as it is; both paired
Source           Zhao et al. (2018), aclanthology.org/N18-2003; Dixon et al. (2018), doi.org/10.1145/3278721.3278729
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assay.beside.seen import Seen
from assay.beside.variants import varied

if TYPE_CHECKING:
    from assay.nouns import Augmentation, Example, Strategy
    from assay.validate.bias.pairs import Pair

ARMS = 2  # fitted again: the recommended one and the best floor


def remedies(seen: Seen, pairs: list[Pair], names: list[str]) -> list[dict[str, Any]]:
    """One dict for each remedy and arm: "remedy", "arm", "made" (rows), "gap" (before, after, difference), "price".

    Raises:
        AssayError: as the worker.
    """
    settings = seen.bench.project.checking.bias
    arms = {name: seen.strategy(name) for name in names}
    learning = [name for name, arm in arms.items() if "train" in arm.reads and arm.kind != "majority"]
    found = []
    for remedy in settings.remedies:
        rows, made = remedied(seen, remedy)
        for name in learning[:ARMS] if made else ():
            found.append({"remedy": remedy, "arm": name, "made": made, **_compared(seen, name, rows, pairs, remedy)})
        if not made:
            found.append({"remedy": remedy, "arm": None, "made": 0})
    return found


def remedied(seen: Seen, remedy: str) -> tuple[list[Example], int]:
    """The training rows with those that the remedy makes, and how many these are."""
    from assay.curate.made import make_rows
    from assay.nouns import Means

    prepared = seen.bench.prepared
    train, val, test = (prepared.examples(split) for split in ("train", "val", "test"))
    near = seen.bench.project.split.near
    [batch] = make_rows(train, val, test, (_augmentation(seen, remedy),), Means(seed=seen.seed), near)
    gone = {dropped.example.id for dropped in batch.aside}
    made = [one.example for one in batch.made]
    return [*(row for row in train if row.id not in gone), *made], len(made)


def _augmentation(seen: Seen, remedy: str) -> Augmentation:
    from assay.curate.augment.balance import Balance
    from assay.curate.augment.counterfactual import Counterfactual

    return Balance() if remedy == "balance" else Counterfactual(swap=seen.bench.project.checking.bias.swap)


def _compared(seen: Seen, name: str, rows: list[Example], pairs: list[Pair], remedy: str) -> dict[str, Any]:
    """The arm as it is against itself fitted on the other rows."""
    import numpy as np

    from assay.aim.kinds import kind_of
    from assay.bench import answers_in
    from assay.spread import grouped, paired_difference
    from assay.validate import judge
    from assay.validate.bias.gaps import above, changed, together, triple

    strategy: Strategy = seen.strategy(name)
    other = replace(seen, bench=varied(seen.bench, f"bias {remedy}", train=rows))
    if other.bench.state(strategy, seen.exam.hash) != "cached":
        other.bench.run(f"bias, {remedy}, {name}", strategy, seen.exam.questions, seen.exam.hash)
    asked = [question for pair in pairs for question in (pair.first, pair.second)]
    closed = kind_of(seen.task).closed
    told = [pair for pair in pairs if pair.source != "control"]
    flips = []
    for one in (seen, other):
        answers = one.answers(name, asked, f"bias, {remedy}" if one is other else "bias")
        flips.append(changed(pairs, answers[::2], answers[1::2], closed))
    where = np.array([at for at, pair in enumerate(pairs) if pair.source != "control"])
    before, after = flips[0][where], flips[1][where]
    treated = judge(seen.exam.records(answers_in(other.bench, strategy, seen.exam.hash)), seen.task)
    records = next(arm.records for arm in seen.done if arm.name == name)
    metric, as_it_is = treated.metrics[0], judge(records, seen.task)
    both = treated.rows[metric.name], as_it_is.rows[metric.name]
    groups = grouped([record.question.group for record in records])
    price = paired_difference(*both, metric.total, groups=groups, level=seen.level, seed=seen.seed)
    return {
        "gap": {
            "n": len(told),
            "before": round(float(before.mean()), 6),
            "after": round(float(after.mean()), 6),
            **triple(above(after, before, seen.level, together(told)), "difference"),
        },
        "price": {
            "before": round(as_it_is.values[metric.name], 6),
            "after": round(treated.values[metric.name], 6),
            **triple(price, "difference"),
        },
    }
