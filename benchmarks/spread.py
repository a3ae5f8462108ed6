"""What processes and a Ray cluster do for row steps: rows a second on one process, on two, and on
Ray, in one run.

    python benchmarks/spread.py [--rows 40000] [--processes 2] [--ray]

Two kinds of rows: clean English, which `repair` passes over, and rows whose encoding is broken in
places. The fates of the rows must be the same bytes wherever they were worked out. Starting
processes and Ray is timed apart.
"""

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path

from assay.core import store
from assay.core.types import Example, Means, Message
from assay.data.parallel.executor import Scale, StepExecutor
from assay.data.parallel.outcomes import encode_line, to_json
from assay.data.steps.length import Length
from assay.data.steps.repair import Repair

WORDS = (
    "card account transfer refund payment balance limit order parcel ticket password login"
    " invoice address".split()
)
STEPS = (Repair(), Length())


def rows_of(count: int, broken: bool) -> list[Example]:
    draw = random.Random(0)
    rows = []
    for at in range(count):
        text = " ".join(draw.choices(WORDS, k=draw.randint(6, 14))) + f" {draw.randrange(10**8)}"
        text += "  cafÃ© schlieÃŸt &amp; nie" if broken else ""
        rows.append(Example(f"rows-{at}", (Message("user", text),), source=f"rows.jsonl:{at + 1}"))
    return rows


def timed(rows: list[Example], scale: Scale) -> tuple[float, float, str]:
    """Seconds to start (the first chunk and a half), seconds for all rows after that, and a hash of
    the fates."""
    with StepExecutor(scale, Means(), lambda event: None) as spread:
        begun = time.perf_counter()
        list(spread.fates(STEPS, rows[:3000]))
        started = time.perf_counter()
        content = hashlib.sha256()
        for fate in spread.fates(STEPS, rows):
            content.update(encode_line(to_json(fate)))
        return started - begun, time.perf_counter() - started, content.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Rows a second of row steps, here, on processes and on Ray."
    )
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--ray", action="store_true", help="also on a Ray cluster that is started for it"
    )
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/spread.json"))
    options = parser.parse_args()
    places = {
        "1 process": Scale(processes=1),
        f"{options.processes} processes": Scale(processes=options.processes),
    }
    if options.ray:
        places["Ray"] = Scale(processes=options.processes, ray="local")
    results, same = [], True
    print("| rows | where | rows/s | of 1 process | to start, s |\n|---|---|---|---|---|")
    for kind in ("clean", "broken"):
        rows = rows_of(options.rows, kind == "broken")
        alone, hashes = 0.0, set()
        for where, scale in places.items():
            start, seconds, content = timed(rows, scale)
            hashes.add(content)
            rate = len(rows) / seconds
            alone = alone or rate
            print(
                f"| {kind} | {where} | {rate:,.0f} | {rate / alone:.2f} | {start:.1f} |", flush=True
            )
            results.append(
                {
                    "rows": kind,
                    "where": where,
                    "rows_per_second": rate,
                    "ratio": rate / alone,
                    "start": start,
                }
            )
        same = same and len(hashes) == 1
    print("\nThe fates are the same bytes." if same else "\nThe fates differ.")
    store.write_json(options.out, {"results": results, "same": same})
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
