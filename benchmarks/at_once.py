"""What strategies that run two at a time save, floors and prompts, against one after another.

    python benchmarks/at_once.py [--rounds 3] [--rows 60] [--at-once 2]

Four floors, and the base asked with none, one, two and four examples, on rows of the intents
example; `assay run` and `assay run --on 2` in turn, each in an empty folder. The speed of both is
that of the same machine in the same call: also told is what two processes of one thread do of
products of matrices, against one process of two threads, which is the most that it could be.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assay.core.store import write_text
from contest import environment
from workers import ROOT

ARMS = """compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: probe}
  - {kind: knn}
  - {kind: shots, k: 0}
  - {kind: shots, k: 1}
  - {kind: shots, k: 2}
  - {kind: shots, k: 4}
"""
PRODUCTS = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
a, b = torch.randn(512, 576), torch.randn(576, 1536)
for _ in range(20): a @ b
input()
begun = time.perf_counter()
for _ in range(int(sys.argv[2])): a @ b
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=60, help="test rows")
    parser.add_argument("--at-once", type=int, default=2)
    options = parser.parse_args()
    threads = os.cpu_count() or 1
    seconds: dict[str, list[float]] = {"in turn": [], "at once": []}
    for number in range(options.rounds):
        for way, more in (("in turn", []), ("at once", ["--on", f"{options.at_once}"])):
            with tempfile.TemporaryDirectory() as place:
                seconds[way].append(run(lay_out(Path(place) / "p", options.rows), more, threads))
            print(f"round {number + 1}, {way}: {seconds[way][-1]:.1f} s", flush=True)
    turn, once = (statistics.median(each) for each in seconds.values())
    one, several = products(1, threads, 3000), products(threads, 1, 3000 // threads)
    print(f"\n{turn / once:.2f} of the speed; matrix products {one / several:.2f}")


def lay_out(folder: Path, rows: int) -> Path:
    folder.mkdir()
    example = ROOT / "examples" / "intents"
    for name, count in {"tickets.jsonl": 300, "test.jsonl": rows}.items():
        lines = (example / name).read_text(encoding="utf-8").splitlines(keepends=True)
        write_text(folder / name, "".join(lines[:count]))
    text = (example / "project.yaml").read_text(encoding="utf-8")
    write_text(folder / "project.yaml", text[: text.index("compare:")] + ARMS)
    return folder


def run(folder: Path, more: list[str], threads: int) -> float:
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--quiet", "--offline"]
    begun = time.perf_counter()
    env = environment(threads, ours=True)
    if more:  # each strategy has its part of the machine
        del env["OMP_NUM_THREADS"]
    done = subprocess.run([*command, *more], env=env, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return time.perf_counter() - begun


def products(processes: int, threads: int, count: int) -> float:
    """Seconds of so many matrix products in each of the processes, all at once."""
    env = environment(threads, ours=True)
    command = [sys.executable, "-c", PRODUCTS, f"{threads}", f"{count}"]
    some = [subprocess.Popen(command, env=env, stdin=subprocess.PIPE) for _ in range(processes)]
    time.sleep(8)  # all have imported and are warm
    begun = time.perf_counter()
    for one in some:
        assert one.stdin is not None
        one.stdin.write(b"\n")
        one.stdin.close()
    for one in some:
        one.wait()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
