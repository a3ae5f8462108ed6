"""Every way of training, each at its own best rate: quality, time, memory, size and forgetting.

    python benchmarks/methods.py [--minutes N] [--only lora,ia3] [--set lora.epochs=5] [--phases
    grid,all,banking77]

grid       each method on 300 rows of examples/intents at four learning rates around its default;
           judged on rows that are neither learnt nor test rows
all        each method at its best rate on all rows, judged on the test rows
banking77  some methods with 10 rows a label, at the best rate of the grid

Each cell is a run of assay in processes of its own. It may be stopped at any time: finished cells
stand in benchmarks/methods.jsonl, which is committed, an unfinished one continues from its own
state. Writes benchmarks/methods.md, which says which cells are missing. A finished cell counts for
any machine: its row and the page name the machine.
"""

from __future__ import annotations

import argparse
import os
import string
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from assay.core.store import append, drop_torn_line, read_lines, write_text
from assay.evaluation.metrics.accuracy import Accuracy
from assay.stats.intervals import Interval, paired_interval
from cells import (
    BANKING_KINDS,
    REFERENCES,
    Cell,
    default_rate,
    grid,
    lay_out,
    methods,
    perplexity,
    run,
)
from contest import processor

HERE = Path(__file__).parent
OUT = HERE / "out"
PLACE = OUT / "methods"
MODEL = "smollm2-135m"
PHASES = ["grid", "all", "banking77"]
COLUMNS = (
    "| method | rate | accuracy | against full | against LoRA | fit s | memory GB | file MB |"
    " perplexity | on |"
)


def main() -> None:
    options = asked()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # what each worker takes
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    results = Results(HERE / "methods.jsonl", lay_out(PLACE), retry=options.retry)
    own = overrides(options.set)
    missing: list[str] = []
    for cell in REFERENCES if "all" in options.phases and not options.only else ():
        missing += fill(cell, results, until, options.threads)
    for kind in options.only or methods():
        for cell in cells_of(kind, own.get(kind, {}), results, options.phases):
            missing += fill(cell, results, until, options.threads)
    before = results.extra("base", lambda: perplexity(options.threads, MODEL))
    page = document(results, before, missing)
    print(page)
    if missing:
        print(f"{len(missing)} cells are missing:", *missing, sep="\n  ")
    if not options.only and options.phases == PHASES:
        write_text(HERE / "methods.md", page)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--minutes", type=float, help="begin no cell, and stop the one at work, after so long"
    )
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help="methods, " + ", ".join(methods())
    )
    parser.add_argument("--phases", type=lambda text: text.split(","), default=PHASES)
    parser.add_argument("--set", action="append", default=[], metavar="KIND.SETTING=VALUE")
    parser.add_argument("--retry", action="store_true", help="run the cells that failed once more")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def overrides(sets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`lora.epochs=5` -> {"lora": {"epochs": 5}}; values are YAML."""
    found: dict[str, dict[str, Any]] = {}
    for text in sets:
        place, _, value = text.partition("=")
        kind, _, setting = place.partition(".")
        found.setdefault(kind, {})[setting] = YAML(typ="safe").load(value)
    return found


# --- cells and their results ----------------------------------------------------------------------


class Results:
    """Finished cells, in a file that only grows."""

    def __init__(self, file: Path, data: dict[str, str], *, retry: bool = False):
        self.file = file
        self.data = data
        drop_torn_line(file)
        read = read_lines(file) if file.exists() else ()
        self._found = {row["key"]: row for row in read if not (retry and "failure" in row)}

    def of(self, cell: Cell) -> dict[str, Any] | None:
        return self._found.get(cell.key(self.data[cell.phase]))

    def add(self, cell: Cell, told: dict[str, Any], threads: int) -> None:
        row = {
            "phase": cell.phase,
            "kind": cell.kind,
            "settings": cell.settings,
            "threads": threads,
            **told,
        }
        row["machine"] = processor()
        self._put(cell.key(self.data[cell.phase]), row)

    def extra(self, name: str, make: Any) -> Any:
        """A value that is measured once; None while it could not be."""
        if name not in self._found and (value := make()) is not None:
            self._put(name, {"phase": "", "value": value})
        return self._found[name]["value"] if name in self._found else None

    def _put(self, key: str, row: dict[str, Any]) -> None:
        self._found[key] = {"key": key, **row}
        append(self.file, self._found[key])

    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self._found.values() if row["phase"]]

    def phase(self, name: str) -> list[dict[str, Any]]:
        """The results of a phase, one a method: the last one written."""
        return [
            *{row["kind"]: row for row in self._found.values() if row["phase"] == name}.values()
        ]


def cells_of(
    kind: str, own: dict[str, Any], results: Results, phases: Sequence[str]
) -> Iterator[Cell]:
    """A method's cells in order; those after the grid once the best rate is known."""
    tried = list(grid(kind, own))
    if "grid" in phases:
        yield from tried
    rate = best_rate(tried, results)
    if rate is None:
        return
    if "all" in phases:
        yield Cell("all", kind, {**own, "learning_rate": rate})
    if "banking77" in phases and kind in BANKING_KINDS:
        yield Cell("banking77", kind, {**own, "learning_rate": rate})


def best_rate(tried: Sequence[Cell], results: Results) -> float | None:
    """The rate with the best value; the lower one between equals; None while some cells are not
    finished."""
    found = [(cell, results.of(cell)) for cell in tried]
    if any(told is None for _, told in found):
        return None
    done = [
        (told["value"], -cell.settings["learning_rate"])
        for cell, told in found
        if told and "value" in told
    ]
    return -max(done)[1] if done else None


def fill(cell: Cell, results: Results, until: float | None, threads: int) -> list[str]:
    """Run a cell unless it is done or the time is over; gives its name when it is still missing."""
    title = f"{cell.phase} {cell.kind} {cell.settings}"
    if results.of(cell):
        return []
    left = None if until is None else (until - time.monotonic()) / 60
    if left is not None and left <= 0:
        return [title]
    begun = time.monotonic()
    told = run(cell, PLACE, left, threads)
    if told is None:
        return [title]
    results.add(cell, told, threads)
    shown = told.get("failure") or f"{told['value']:.3f}"
    print(f"{title}: {shown} ({time.monotonic() - begun:.0f} s)", flush=True)
    return []


# --- the page -------------------------------------------------------------------------------------


def document(results: Results, before: float | None, missing: Sequence[str] = ()) -> str:
    """The tables as Markdown; `missing` are the names of cells that were not measured."""
    threads = " or ".join(sorted({str(row["threads"]) for row in results.rows()}))
    machines = machines_of(results.rows())
    parts = [
        "# Methods compared",
        f"SmolLM2-135M-Instruct, {date.today().isoformat()}. Made"
        " by `benchmarks/methods.py`: rates from a grid of four on 300 rows, never from test rows."
        " Intervals are 95 % bootstrap intervals; differences are paired, on the same test rows."
        f" Fit seconds and memory are those of the arm's own process, with {threads} thread(s)."
        " Cells may have run side by side: read the seconds as ratios, within one machine.",
        "\n".join(f"- {letter}: {machine}" for machine, letter in machines.items()),
        f"Perplexity on wikitext2 before training: {before:.2f}." if before else "",
    ]
    for phase, title in (
        ("all", "examples/intents, all rows"),
        ("banking77", "banking77, 10 rows a label"),
    ):
        if rows := results.phase(phase):
            parts += [f"## {title}", compared(rows, machines)]
    if rows := [row for row in results.rows() if row["phase"] == "grid"]:
        parts += ["## The grid", rates(rows)]
    if missing:
        parts += ["## Not measured yet", "\n".join(f"- {name}" for name in missing)]
    return "\n\n".join(part for part in parts if part) + "\n"


def compared(rows: Sequence[dict[str, Any]], machines: dict[str, str]) -> str:
    known = {row["kind"]: row for row in rows if "right" in row}
    lines = [COLUMNS, "|---" * 10 + "|"]
    for row in sorted(rows, key=lambda row: -row.get("value", -1)):
        if "failure" in row:
            lines.append(f"| {row['kind']} | | failed: {row['failure']} | | | | | | | |")
            continue
        cost, rate = row["cost"], row["settings"].get("learning_rate", "-")
        against = row.get("against") or [
            difference(row, known.get(other)) for other in ("full", "lora")
        ]
        forgot = f"{row['perplexity']:.2f}" if row.get("perplexity") else "-"
        lines.append(
            f"| {row['kind']} | {rate} "
            f"| {row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}] | {against[0]} "
            f"| {against[1]} | {cost['fit_seconds']:.0f} | {cost['peak_bytes'] / 1e9:.2f} "
            f"| {cost['kept_bytes'] / 1e6:.1f} | {forgot} | {machines[row['machine']]} |"
        )
    return "\n".join(lines)


def machines_of(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """A letter for each machine, in the order of their names."""
    return dict(zip(sorted({row["machine"] for row in rows}), string.ascii_uppercase, strict=False))


def difference(row: dict[str, Any], other: dict[str, Any] | None) -> str:
    """Paired, in points of accuracy."""
    if other is None or other is row:
        return "-"
    found = paired(row["right"], other["right"])
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def paired(first: Sequence[int], second: Sequence[int]) -> Interval:
    a, b = (np.array(right, dtype=np.float64).reshape(-1, 1) for right in (first, second))
    return paired_interval(a, b, Accuracy().total)


def rates(rows: Sequence[dict[str, Any]]) -> str:
    """Accuracy at each rate of the grid, the method's default in bold."""
    lines = ["| method | rate: accuracy |", "|---|---|"]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = sorted(
            (row for row in rows if row["kind"] == kind),
            key=lambda row: row["settings"]["learning_rate"],
        )
        shown = []
        for row in own:
            rate = row["settings"]["learning_rate"]
            mark = "**" if rate == default_rate(kind) else ""
            value = f"{row['value']:.3f}" if "value" in row else "failed"
            shown.append(f"{mark}{rate:g}{mark}: {value}")
        lines.append(f"| {kind} | {', '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
