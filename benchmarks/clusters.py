"""Is it said where rows cluster by a field that no `split.group` names, and nothing where none
does?

    python benchmarks/clusters.py [--worlds 200] [--minutes 10] [--only TEXT]

Each cell is a number of test rows, of users, and how much of a row's difficulty is its user's. Its
worlds are of accuracies between .55 and .95, four equal arms each, and four fields: the user, two
that say nothing (one of many values, one of few rows each), and the hour. In a planted world a
share of the difficulty is the user's (half of it shared by all arms, half each arm's own) as in
`certainty_world.py`; in an independent one none is.

told apart   reports, in %, that tell two of the four equal arms apart, rows taken for independent;
             then with rows of a user together
warned       reports, in %, that name a field (D194); before it, those that name the user
effect       the design effect of the arms' differences, found on average

Worlds are drawn from their numbers, what is done is kept in out/clusters/, and the next call goes
on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from assay.core.store import write_json
from assay.decision.comparison import Compared
from assay.evaluation.metrics.accuracy import Accuracy
from assay.evaluation.undeclared_clusters import find_clustering

OUT = Path(__file__).parent / "out" / "clusters"
VERSION = 1  # raise it when the same cell gives other numbers
ARMS, SHARED, DRAWS = 4, 0.5, 200


@dataclass(frozen=True)
class Cell:
    rows: int
    users: int
    share: float  # of a row's difficulty that is its user's; 0: an independent world

    @property
    def name(self) -> str:
        return " ".join(map(str, astuple(self)))


PLANTED = [
    Cell(rows, users, share)
    for rows, many in ((200, (10, 20, 50)), (500, (20, 50, 100)), (2000, (20, 100, 400)))
    for users in many
    for share in (0.3, 0.6)
]
INDEPENDENT = [
    Cell(rows, users, 0.0)
    for rows, users in ((50, 20), (200, 10), (200, 50), (500, 100), (2000, 400))
]


@dataclass(frozen=True)
class World:
    right: np.ndarray  # (arms, rows)
    fields: dict[str, np.ndarray]


def mixed(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    return np.sqrt(share) * first + np.sqrt(1 - share) * second


def world(cell: Cell, number: int) -> World:
    """One test set of four equal arms."""
    draw = np.random.default_rng([VERSION, number, cell.rows, cell.users, round(100 * cell.share)])
    sizes = draw.gamma(2.0, size=cell.users)
    user = draw.choice(cell.users, size=cell.rows, p=sizes / sizes.sum())
    shared, own = draw.normal(size=cell.rows), draw.normal(size=(ARMS, cell.rows))
    if cell.share:
        shared = mixed(draw.normal(size=cell.users)[user], shared, cell.share)
        own = mixed(draw.normal(size=(ARMS, cell.users))[:, user], own, cell.share)
    level = ndtri(0.55 + 0.4 * draw.random())
    fields = {
        "user": user,
        "batch": draw.integers(0, max(10, cell.rows // 20), cell.rows),
        "thread": draw.integers(0, cell.rows // 2, cell.rows),
        "hour": draw.integers(0, 24, cell.rows),
    }
    return World(level + mixed(shared, own, SHARED) > 0, fields)


def told_apart(one: World, groups: np.ndarray | None, seed: int) -> float:
    """Whether any of the equal arms is told from the best."""
    rows = {
        f"arm {at}": {"accuracy": [right[:, None].astype(float)]}
        for at, right in enumerate(one.right)
    }
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    found = Compared(rows, [Accuracy()], groups=codes, draws=DRAWS, seed=seed)
    best = max(found.names, key=lambda name: found.value(name, "accuracy"))
    return float(any(p < 0.05 for _, p in found.p_values(best, "accuracy").values()))


def judged(cell: Cell, number: int) -> dict[str, float]:
    one = world(cell, number)
    tested = find_clustering(one.right.T.astype(float), one.fields, seed=number)
    named = [field for field in tested if field.is_significant]
    return {
        "plain": told_apart(one, None, number),
        "together": told_apart(one, one.fields["user"], number),
        "warned": float(bool(named)),
        "user": float("user" in [field.field for field in named]),
        "effect": tested[0].difference,
    }


def place(cell: Cell) -> Path:
    return OUT / f"{cell.name.replace(' ', '-')}.json"


def kept(cell: Cell) -> dict[str, Any]:
    return json.loads(place(cell).read_text()) if place(cell).exists() else {}


def table(cells: list[Cell], worlds: int) -> str:
    lines = [
        "| rows | users | share | worlds | told apart, plain | users together | user named |"
        " warned | effect |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for cell in cells:
        done = [found for number, found in kept(cell).items() if int(number) < worlds]
        if done:
            mean = {name: float(np.mean([one[name] for one in done])) for name in done[0]}
            figures = [
                f"{100 * mean[name]:.1f}" for name in ("plain", "together", "user", "warned")
            ]
            first = [f"{cell.rows:,}", cell.users, cell.share or "–", len(done)]
            lines.append(
                "| " + " | ".join(map(str, (*first, *figures, f"{mean['effect']:.2f}"))) + " |"
            )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--only", default="", help="cells whose name holds this, as in '500 20'")
    given = parser.parse_args()
    until = time.monotonic() + 60 * given.minutes
    cells = [cell for cell in (*PLANTED, *INDEPENDENT) if given.only in cell.name]
    for cell in cells:
        found = kept(cell)
        for number in range(given.worlds):
            if str(number) not in found and time.monotonic() < until:
                found[str(number)] = judged(cell, number)
        write_json(place(cell), found)
    print(table(cells, given.worlds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
