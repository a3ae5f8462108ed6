"""Many searches over prompts from one table of scores: halving against random search, with and
without calibration.

    python benchmarks/prompt_replay.py [--only intents,snips] [--candidates N] [--similar N]
    [--calls N] [--searches N]

Each candidate is asked every row once: val, some training rows that no candidate shows, test. A
search is then replayed from what is known: its val rows are drawn from val and those training rows,
its candidates are put in another order. So a hundred searches cost what one costs, and the gain on
test has an interval over searches and test rows.

gain        found prompt against the best hand-given wording as it is; on val where both were
            chosen, and on test
calibrated  the best hand-given wording, calibrated on the same val rows: what calibration alone
            brings
interval    of 95 %: 2,000 draws of the searches and of the test rows, both with replacement

Resumable: a candidate that was scored is read from benchmarks/out/prompt_replay/. Labels only. Near
ties are not scored again in fp32, which a run does. Prints Markdown and writes
benchmarks/out/prompt_replay.json.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assay.config import load
from assay.config.yamlfile import dump
from assay.core.corrupt_files import silent
from assay.core.store import read_json, write_json, write_text
from assay.core.types import Answer, Example, Lesson
from assay.runtime.arms.job import Job
from assay.runtime.arms.model_lookup import find_models
from assay.runtime.arms.runner import Bench
from assay.runtime.data_stage.prepare import prepare
from assay.strategies.linear.calibration import shares
from assay.strategies.prompting.few_shot_arm import ShotsAnswers
from assay.strategies.prompting.prompt_search import WordingSearch
from assay.strategies.prompting.prompt_swap import Stand
from assay.strategies.prompting.prompted_arm import best_label
from assay.strategies.prompting.search.objective import worths
from assay.strategies.prompting.search.prompt_candidates import PromptCandidate, Room
from assay.strategies.prompting.search.search_plan import (
    bootstrap_examples,
    instructions,
    propose_instructions,
)
from assay.strategies.prompting.search.successive_halving import (
    AnswerLog,
    HalvingResult,
    HalvingRound,
    Worth,
    plan_halving,
    plan_random_search,
    search,
)
from prompt_search import CASES, MODEL

PLACE = Path(__file__).parent / "out" / "prompt_replay"
SEED = 1
DRAWS = 2000
COLUMNS = (
    "search",
    "candidates",
    "calls",
    "val gain",
    "test gain",
    "95 % interval",
    "searches above 0",
)


@dataclass(frozen=True)
class Design:
    """One way of searching. `alone`: prompts are told apart by the metric alone, as they answer."""

    name: str
    how: Callable[..., tuple[HalvingRound, ...]]
    alone: bool = False
    calibrate: bool = True


DESIGNS = (
    Design("halving", plan_halving),
    Design("random", plan_random_search),
    Design("halving, not calibrated", plan_halving, calibrate=False),
    Design("random, not calibrated", plan_random_search, calibrate=False),
    Design(
        "halving, not calibrated, by the metric alone", plan_halving, alone=True, calibrate=False
    ),
    Design(
        "random, not calibrated, by the metric alone",
        plan_random_search,
        alone=True,
        calibrate=False,
    ),
)


@dataclass(frozen=True)
class Table:
    """`scores` (candidates, rows, labels); the first `pool` rows may be val rows, the others are
    test rows. The first `hands` candidates are given by hand, the next `first` are these with
    similar examples."""

    labels: Sequence[str]
    targets: Sequence[str]  # of the rows
    pool: int
    hands: int
    first: int
    lengths: Sequence[int]
    scores: np.ndarray

    @property
    def rows(self) -> list[Example]:
        return [Example(str(i), (), target) for i, target in enumerate(self.targets)]

    def answers(self, candidate: int, places: Sequence[int]) -> list[Answer]:
        return [best_label(self.labels, row) for row in self.scores[candidate, list(places)]]

    def right(self, candidate: int, shifts: Any) -> np.ndarray:
        """Whether each test row is answered right, (test rows,)."""
        added = np.array([shifts.get(label, 0.0) for label in self.labels])
        wanted = [self.labels.index(target) for target in self.targets[self.pool :]]
        return (shares(self.scores[candidate, self.pool :]) + added).argmax(-1) == wanted


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", type=lambda text: text.split(","), default=["intents", "snips"])
    parser.add_argument("--candidates", type=int, default=16)
    parser.add_argument(
        "--similar", type=int, default=3, help="candidates beside these with similar examples"
    )
    parser.add_argument("--calls", type=int, default=700)
    parser.add_argument("--rows", type=int, default=123, help="val rows of a search")
    parser.add_argument(
        "--aside", type=int, default=180, help="training rows that no candidate shows"
    )
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument(
        "--shuffle", action="store_true", help="similar examples stand anywhere, not first"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=1e9,
        help="score no further candidate after so long; 0: no model",
    )
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    told: dict[str, Any] = {
        "model": MODEL,
        "calls": options.calls,
        "rows": options.rows,
        "sets": {},
    }
    for name in options.only:
        table = kept(name) if options.minutes == 0 else scored(name, options, until)
        table = table if options.similar else plain(table)
        table = replace(table, first=0) if options.shuffle else table
        told["sets"][name] = replayed(table, options.calls, options.rows, options.searches)
        write_json(PLACE.with_suffix(".json"), told)
        print(page(name, table, told["sets"][name], options), flush=True)


def lesson_of(name: str, folder: Path) -> tuple[WordingSearch, Lesson, Sequence[Example]]:
    """The search as an arm of the set's project, its lesson, and the test rows."""
    case = CASES[name]
    folder.mkdir(parents=True, exist_ok=True)
    arm = {
        "kind": "prompt_search",
        "name": "searched",
        "hands": list(case.hands),
        "inner": case.inner({}),
    }
    write_text(
        folder / "project.yaml", dump({**case.project(folder), "seed": SEED, "compare": [arm]})
    )
    project = load(folder / "project.yaml")
    prepared = prepare(project, silent, offline=False)
    strategy = project.arms["searched"]
    assert isinstance(strategy, WordingSearch)
    bench = Bench(project, prepared, find_models(project, [strategy], False, silent), silent)
    (folder / "job").mkdir(exist_ok=True)
    write_json(folder / "job" / "request.json", bench.request(strategy))
    lesson = Job(folder / "job").lesson()
    return (
        strategy,
        replace(lesson, means=replace(lesson.means, tell=silent)),
        prepared.examples("test"),
    )


def scored(name: str, options: argparse.Namespace, until: float) -> Table:
    """The table of a set, as far as the time allowed."""
    folder = PLACE / name
    strategy, whole, test = lesson_of(name, folder)
    train = list(whole.train)
    random.Random(5).shuffle(train)
    rows = [*whole.val[: options.rows], *train[: options.aside], *test]
    lesson = replace(whole, train=tuple(train[options.aside :]))
    stand = Stand(strategy.inner, lesson)
    model: Any = stand.lesson.open_base()
    model.exact = lambda: None  # near ties stay as bf16 has them
    hands = [stand.shots.wording, *strategy.hands]
    right = bootstrap_examples(stand, lesson, hands[0], strategy.bootstrap, strategy.calls)
    written = propose_instructions(strategy._plan, stand, lesson, strategy.proposals)
    room = Room(lesson.task, stand.shots, hands, instructions(lesson, written), lesson.train, right)
    plain = room.candidates(options.candidates - len(hands), SEED)
    near = [
        c
        for c in replace(room, similar=True).candidates(9 * options.similar, SEED)
        if c.prompt.choose == "similar"
    ]
    candidates = [*plain[: len(hands)], *near[: options.similar], *plain[len(hands) :]]
    scores = [known(stand, one, rows, folder / f"{one.name}.npy", until) for one in candidates]
    candidates = [one for one, found in zip(candidates, scores, strict=True) if found is not None]
    done = [one for one in scores if one is not None]
    lengths = []
    for one in candidates:
        stand.put(one.prompt)
        lengths.append(sum(len(message.content) for message in stand.arm.prompt(rows[0].question)))
    first = sum(one.name in {c.name for c in near[: len(hands)]} for one in candidates)
    about = {
        "labels": lesson.task.labels,
        "targets": [row.target for row in rows],
        "pool": len(rows) - len(test),
    }
    about |= {"hands": len(hands), "first": first, "lengths": lengths}
    write_json(folder / "table.json", about)
    np.save(folder / "table.npy", np.array(done))
    return kept(name)


def kept(name: str) -> Table:
    """The table of a set as it was left."""
    return Table(
        **read_json(PLACE / name / "table.json"), scores=np.load(PLACE / name / "table.npy")
    )


def plain(table: Table) -> Table:
    """Without the hands with similar examples."""
    left = [i for i in range(len(table.scores)) if not table.hands <= i < table.hands + table.first]
    return replace(
        table, first=0, lengths=[table.lengths[i] for i in left], scores=table.scores[left]
    )


def known(
    stand: Stand, one: PromptCandidate, rows: Sequence[Example], file: Path, until: float
) -> np.ndarray | None:
    """Scores of all labels, (rows, labels); None where the time is over."""
    if not file.exists():
        if time.monotonic() > until:
            return None
        stand.put(one.prompt, exact=True)
        arm = stand.slot.arm
        assert isinstance(arm, ShotsAnswers)
        arm.picker.look([row.question for row in rows])
        np.save(file, arm._exact([arm.prompt(row.question) for row in rows]))
    return np.load(file)


def replayed(table: Table, calls: int, rows: int, searches: int) -> dict[str, Any]:
    """Every design with the same draws of rows and candidates."""
    found = {
        design.name: [one_search(table, design, calls, rows, seed) for seed in range(searches)]
        for design in DESIGNS
    }
    test = {
        name: np.stack([one["found"] - one["hand"] for one in runs]) for name, runs in found.items()
    }
    told: dict[str, Any] = {
        name: {
            "candidates": runs[0]["candidates"],
            "calls": runs[0]["calls"],
            "val_gain": float(np.mean([one["val_gain"] for one in runs])),
            "above": float(np.mean(test[name].mean(1) > 0)),
            **bounds(test[name]),
        }
        for name, runs in found.items()
    }
    alone = np.stack([one["calibrated"] - one["hand"] for one in found["halving"]])
    told["calibration alone"] = {"above": float(np.mean(alone.mean(1) > 0)), **bounds(alone)}
    told["halving against random"] = bounds(test["halving"] - test["random"])
    told["halving against calibration alone"] = bounds(test["halving"] - alone)
    told["halving against the old way"] = bounds(test["halving"] - test[DESIGNS[4].name])
    return told


def one_search(table: Table, design: Design, calls: int, rows: int, seed: int) -> dict[str, Any]:
    rng, rows_of = random.Random(seed), table.rows
    places = rng.sample(range(table.pool), min(rows, table.pool))
    fixed = table.hands + table.first
    order = [*range(fixed), *rng.sample(range(fixed, len(table.scores)), len(table.scores) - fixed)]
    val = [rows_of[i] for i in places]

    def ask(candidate: int, some: Sequence[int]) -> list[Answer]:
        return table.answers(order[candidate], [places[i] for i in some])

    def value(some: Sequence[int], answers: Sequence[Answer]) -> list[Worth]:
        found = worths(
            [val[i] for i in some], answers, table.labels, accuracy, calibrate=design.calibrate
        )
        return [replace(one, rank=one.value) for one in found] if design.alone else found

    rounds = design.how(calls, table.hands, len(places), len(order) - table.hands)
    with tempfile.TemporaryDirectory() as folder:
        asked = AnswerLog(Path(folder) / "val.jsonl", ask, [str(i) for i in order], silent, calls)
        outcome: HalvingResult = search(
            asked, value, rounds, table.hands, [table.lengths[i] for i in order]
        )
        hand = value(range(len(places)), asked.first(outcome.hand, len(places)))[-1]
    return {
        "candidates": rounds[0].candidates,
        "calls": outcome.calls,
        "val_gain": outcome.worth.value - outcome.hand_worth.value,
        "found": table.right(order[outcome.best], outcome.worth.shifts).astype(float),
        "hand": table.right(order[outcome.hand], {}).astype(float),
        "calibrated": table.right(order[outcome.hand], hand.shifts).astype(float),
    }


def accuracy(rows: Sequence[Example], answers: Sequence[Answer]) -> float:
    return sum(answer.text == row.target for row, answer in zip(rows, answers, strict=True)) / len(
        rows
    )


def bounds(rows: np.ndarray) -> dict[str, float]:
    """Mean of (searches, test rows) with its interval over both."""
    rng = np.random.default_rng(0)
    searches, n = rows.shape
    first = rng.multinomial(searches, [1 / searches] * searches, DRAWS) / searches
    second = rng.multinomial(n, [1 / n] * n, DRAWS) / n
    low, high = np.quantile(((first @ rows) * second).sum(1), [0.025, 0.975])
    return {"test_gain": float(rows.mean()), "low": float(low), "high": float(high)}


def page(name: str, table: Table, told: dict[str, Any], options: argparse.Namespace) -> str:
    scored, test = len(table.scores), len(table.targets) - table.pool
    lines = [
        f"**{name}**: {scored} prompts, {test} test rows, {options.searches} searches of"
        f" {options.rows} val rows",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|---" * len(COLUMNS) + "|",
    ]
    for key, one in told.items():
        val = f"{one['val_gain']:+.3f}" if "val_gain" in one else ""
        above = f"{one['above']:.0%}" if "above" in one else ""
        interval = f"{one['low']:+.3f} to {one['high']:+.3f}"
        counts = f"{one.get('candidates', '')} | {one.get('calls', '')}"
        lines.append(
            f"| {key} | {counts} | {val} | {one['test_gain']:+.3f} | {interval} | {above} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
