"""Curation up to a million rows: near copies found, time, memory, growth, and datasketch beside it.

    python benchmarks/curate.py [--sizes 10000 100000 1000000] [--peer-rows 100000]

What is asked   at a Jaccard of 0.8 at least 95 % of the near copies and 99 % right; under 4 GB; 3
                times the rows a second of datasketch used in the obvious way; time growing no
                faster than n log n; 5,000 rows a second through the steps of a new project, from
                the file to audited splits
Truth           the pairs that benchmarks/curate_rows.py plants, each measured by text.jaccard; and
                each row that is dropped is measured against the row that is said to stand for it
Clocks          processor seconds (user and system, all threads) beside wall seconds, since a
                machine may be busy. Each part is a process of its own, so its memory is its own
The peer        needs `pip install datasketch`; it sees the first --peer-rows of each size
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from assay.config import make_step
from assay.config.start import project_text
from assay.config.yamlfile import read
from assay.core import store
from assay.core.types import Dropped, Example, Means
from assay.data.pipeline import run
from assay.data.reading.load import load
from assay.data.split import Split
from assay.data.steps.dedupe import Dedupe
from assay.data.steps.near import Near
from assay.data.text_similarity import jaccard, key_of, shingles
from contest import processor
from curate_rows import made_rows

RECALL, PRECISION, GIGABYTES, TIMES_DATASKETCH, ROWS_A_SECOND = 0.95, 0.99, 4.0, 3.0, 5000
THRESHOLD, PERMUTATIONS = 0.8, 128
GROWTH = 1.1  # of n log n: seconds are measured to about a tenth
OUT = Path(__file__).parent / "out" / "curate.json"


def clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def took(since: tuple[float, float]) -> dict[str, float]:
    """Wall and processor seconds."""
    return {
        name: round(now - then, 3)
        for name, now, then in zip(("wall", "cpu"), clocks(), since, strict=True)
    }


def examples_of(rows: Path) -> list[Example]:
    columns = {"text": "text", "label": "label"}
    return load({"data": [rows]}, columns=columns, kind="classify", base=rows.parent).train


def pipeline(rows: Path, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """From the file to audited splits, by the steps of a new project."""
    begun = clocks()
    times: list[tuple[str, tuple[float, float]]] = [("start", begun)]
    examples = examples_of(rows)
    times.append(("read", clocks()))
    curated = run(
        examples,
        (),
        (),
        official=False,
        steps=[make_step(step) for step in steps],
        split=Split(),
        task_kind="classify",
        seed=0,
        means=Means(),
        tell=lambda event: (
            times.append((event["step"], clocks())) if event["event"] == "curate" else None
        ),
    )
    times.append(("split and audit", clocks()))
    parts = {
        name: {"wall": round(end[0] - start[0], 3), "cpu": round(end[1] - start[1], 3)}
        for (_, start), (name, end) in pairwise(times)
    }
    return {"seconds": took(begun), "parts": parts, "kept": curated.counts["kept"]}


def distinct(rows: Path, most: int | None = None) -> list[Example]:
    """The rows that the near step gets: those with an equal text before them are gone."""
    results = Dedupe(conflicts="keep").apply(examples_of(rows)[:most], Means())
    return [example for example in results if isinstance(example, Example)]


def near(rows: Path, planted: Path) -> dict[str, Any]:
    """The near step on distinct texts: time, and what it found of what was planted."""
    examples = distinct(rows)
    begun = clocks()
    results = list(Near(threshold=THRESHOLD).apply(examples, Means()))
    seconds = took(begun)
    dropped = {result.example.id: result.kept for result in results if isinstance(result, Dropped)}
    return {"rows": len(examples), "seconds": seconds, **judged(examples, dropped, planted)}


def judged(examples: list[Example], dropped: dict[str, str], planted: Path) -> dict[str, Any]:
    """Recall of the planted pairs at THRESHOLD or more: is a row of the pair gone? Precision: by
    measuring."""
    text = {example.id: key_of(example).text for example in examples}
    there, found = {"0.80 to 0.85": 0, "0.85 to 1": 0}, {"0.80 to 0.85": 0, "0.85 to 1": 0}
    for first, second in json.loads(planted.read_text(encoding="utf-8")):
        if first in text and second in text and text[first] != text[second]:
            alike = jaccard(text[first], text[second])
            if alike >= THRESHOLD:
                band = "0.80 to 0.85" if alike < 0.85 else "0.85 to 1"
                there[band] += 1
                found[band] += first in dropped or second in dropped
    right = sum(jaccard(text[row], text[kept]) >= THRESHOLD for row, kept in dropped.items())
    return {
        "planted_pairs": sum(there.values()),
        "recall": sum(found.values()) / max(1, sum(there.values())),
        "recall_by_jaccard": {band: found[band] / max(1, there[band]) for band in there},
        "dropped": len(dropped),
        "precision": right / max(1, len(dropped)),
    }


def datasketch(rows: Path, planted: Path, most: int) -> dict[str, Any]:
    """The loop of datasketch's documentation: a MinHash a row, asked for and put into a
    MinHashLSH."""
    from datasketch import MinHash, MinHashLSH

    examples = distinct(rows, most)
    begun = clocks()
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    dropped = {}
    for example in examples:
        digest = MinHash(num_perm=PERMUTATIONS)
        digest.update_batch([shingle.encode() for shingle in shingles(key_of(example).text)])
        near = lsh.query(digest)
        if near:
            dropped[example.id] = min(map(str, near))
        else:
            lsh.insert(example.id, digest)
    return {"rows": len(examples), "seconds": took(begun), **judged(examples, dropped, planted)}


def in_its_own_process(part: str, *arguments: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        subprocess.run([sys.executable, __file__, "--part", part, str(out), *arguments], check=True)
        return json.loads(out.read_text(encoding="utf-8"))


def one_part(part: str, out: str, arguments: list[str]) -> None:
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "pipeline": lambda: pipeline(Path(arguments[0]), json.loads(arguments[1])),
        "near": lambda: near(Path(arguments[0]), Path(arguments[1])),
        "datasketch": lambda: datasketch(Path(arguments[0]), Path(arguments[1]), int(arguments[2])),
    }
    result = parts[part]()
    result["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)
    store.write_json(Path(out), result)


def measured(size: int, peer_rows: int, folder: Path) -> dict[str, Any]:
    """Everything about one size."""
    made = made_rows(size)
    rows, planted = folder / "rows.jsonl", folder / "planted.json"
    store.write_lines(rows, ({"text": row.text, "label": row.label} for row in made))
    pairs = [
        (f"rows-{number + 1}", f"rows-{row.original + 1}")
        for number, row in enumerate(made)
        if row.planted.startswith("near") and row.original >= 0
    ]
    store.write_json(planted, pairs)
    del made
    head = folder / "head.jsonl"
    store.write_lines(
        head, (json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()[:10_000])
    )
    steps: Any = read(project_text(head, folder / "project")).value
    result = {
        "rows": size,
        "steps": steps["prepare"],
        "pipeline": in_its_own_process("pipeline", str(rows), json.dumps(steps["prepare"])),
        "near": in_its_own_process("near", str(rows), str(planted)),
    }
    if peer_rows:
        result["datasketch"] = in_its_own_process(
            "datasketch", str(rows), str(planted), str(min(size, peer_rows))
        )
    return result


def speed(part: dict[str, Any], rows: int, clock: str) -> float:
    return rows / part["seconds"][clock]


def promises(results: list[dict[str, Any]]) -> list[tuple[str, float, float, bool]]:
    """(what, measured, asked, kept) of the largest size; growth from each size to the next."""
    last = results[-1]
    found, whole = last["near"], last["pipeline"]
    peak = max(found["peak_gb"], whole["peak_gb"])
    # Two cores do two processor seconds a second: what a machine with nothing else to do would take
    # at most.
    said = [
        ("recall at 0.8", found["recall"], RECALL, found["recall"] >= RECALL),
        ("precision at 0.8", found["precision"], PRECISION, found["precision"] >= PRECISION),
        ("peak memory, GB", peak, GIGABYTES, peak < GIGABYTES),
        (
            "pipeline, rows/s of wall time",
            (n := speed(whole, last["rows"], "wall")),
            ROWS_A_SECOND,
            n >= ROWS_A_SECOND,
        ),
        (
            "pipeline, rows/s of one core",
            (n := speed(whole, last["rows"], "cpu")),
            ROWS_A_SECOND,
            n >= ROWS_A_SECOND,
        ),
    ]
    if "datasketch" in last:
        peer = last["datasketch"]
        for clock in ("wall", "cpu"):
            ratio = speed(found, found["rows"], clock) / speed(peer, peer["rows"], clock)
            said.append(
                (
                    f"near, times datasketch ({clock})",
                    ratio,
                    TIMES_DATASKETCH,
                    ratio >= TIMES_DATASKETCH,
                )
            )
    for small, large in pairwise(results):
        for part in ("near", "pipeline"):
            n, m = small["rows"], large["rows"]
            grown = large[part]["seconds"]["cpu"] / small[part]["seconds"]["cpu"]
            over = grown / (m * math.log(m) / (n * math.log(n)))
            said.append(
                (
                    f"{part}, growth from {n:,} to {m:,} over n log n (cpu)",
                    over,
                    GROWTH,
                    over <= GROWTH,
                )
            )
    return said


def table(results: list[dict[str, Any]]) -> None:
    print("steps of a new project:", ", ".join(step["kind"] for step in results[0]["steps"]))
    print(
        f"\n{'rows':>10} "
        f" {'part':<18}{'wall s':>9}{'cpu s':>9}{'rows/s wall':>13}{'rows/s cpu':>12}{'GB':>7}"
    )
    for result in results:
        parts = [("pipeline", result["rows"], result["pipeline"])]
        parts += [
            (f"  {name}", result["rows"], {"seconds": s})
            for name, s in result["pipeline"]["parts"].items()
        ]
        parts += [
            (name, result[name]["rows"], result[name])
            for name in ("near", "datasketch")
            if name in result
        ]
        for name, rows, part in parts:
            wall, cpu = part["seconds"]["wall"], part["seconds"]["cpu"]
            rates = f"{rows / max(wall, 1e-3):>13,.0f}{rows / max(cpu, 1e-3):>12,.0f}"
            peak = f"{part['peak_gb']:>7.2f}" if "peak_gb" in part else ""
            print(f"{rows:>10,}  {name:<18}{wall:>9.2f}{cpu:>9.2f}{rates}{peak}")
    print(
        f"\n{'rows':>10}  {'by':<12}{'recall':>9}{'.80-.85':>9}{'.85-1':>9}"
        f"{'precision':>11}{'planted':>10}{'dropped':>10}"
    )
    for result in results:
        for name in ("near", "datasketch"):
            if name in result:
                part = result[name]
                shares = "".join(
                    f"{share:>9.4f}"
                    for share in (part["recall"], *part["recall_by_jaccard"].values())
                )
                counts = (
                    f"{part['precision']:>11.4f}{part['planted_pairs']:>10,}{part['dropped']:>10,}"
                )
                print(f"{part['rows']:>10,}  {name:<12}{shares}{counts}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Near copies, time, memory and growth of curation."
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--peer-rows", type=int, default=100_000, help="rows that datasketch sees; 0 leaves it out"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        one_part(options.part[0], options.part[1], options.part[2:])
        return 0
    results = []
    for size in sorted(options.sizes):
        with tempfile.TemporaryDirectory() as folder:
            results.append(measured(size, options.peer_rows, Path(folder)))
    table(results)
    said = promises(results)
    print()
    for what, value, asked, kept in said:
        print(f"{what:<60}{value:>12,.3f}{asked:>10,.2f}  {'kept' if kept else 'NOT KEPT'}")
    machine = {"processor": processor(), "cores": os.cpu_count(), "load": os.getloadavg()}
    store.write_json(options.out, {"machine": machine, "sizes": results, "promises": said})
    return 0 if all(kept for *_, kept in said) else 1


if __name__ == "__main__":
    sys.exit(main())
