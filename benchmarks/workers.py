"""What a run of five small strategies takes with workers that are forked, and with workers that are
started cold.

Two floors, nearest neighbours on embeddings, the base as it is, and a LoRA of one epoch, on 200
rows of the intents example. Both ways in one call, in turn, each in an empty folder; prints the
seconds of a run and the peak memory of each strategy, and writes benchmarks/out/workers.json.

    python benchmarks/workers.py --rounds 3
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assay.core.store import read_json, write_json, write_text

ROOT = Path(__file__).parents[1]
ROWS = {"tickets.jsonl": 150, "test.jsonl": 50}
ARMS = (
    "compare: [{kind: majority}, {kind: tfidf}, {kind: knn}, {kind: shots, k: 0}, {kind:"
    " lora, epochs: 1}]\n"
)


def project(folder: Path, model: str) -> Path:
    folder.mkdir()
    example = ROOT / "examples" / "intents"
    for name, count in ROWS.items():
        lines = (example / name).read_text().splitlines(keepends=True)
        write_text(folder / name, "".join(lines[:count]))
    text = (example / "project.yaml").read_text()
    text = text[: text.index("compare:")].replace("model: smollm2-135m", f"model: {model}")
    write_text(folder / "project.yaml", text + ARMS)
    return folder


def run(folder: Path, workers: str) -> tuple[float, dict[str, float]]:
    """Wall seconds of `assay run`, and megabytes at the peak of each strategy."""
    command = [sys.executable, "-m", "assay.cli", "run", str(folder), "--quiet"]
    begun = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, "ASSAY_WORKERS": workers}, capture_output=True, text=True
    )
    took = time.perf_counter() - begun
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    report = read_json(folder / "report" / "report.json")
    return took, {one["name"]: one["cost"]["peak_bytes"] / 1e6 for one in report["strategies"]}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument(
        "--model", default="smollm2-135m", help="name of the catalogue, or a folder"
    )
    wish = options.parse_args()
    seconds: dict[str, list[float]] = {"cold": [], "forked": []}
    peaks: dict[str, dict[str, float]] = {}
    for number in range(wish.rounds):
        for workers in seconds:
            with tempfile.TemporaryDirectory() as place:
                took, peaks[workers] = run(project(Path(place) / "five", wish.model), workers)
            seconds[workers].append(took)
            print(f"round {number + 1}, {workers}: {took:.1f} s", flush=True)
    cold, forked = (statistics.median(seconds[workers]) for workers in seconds)
    print(
        f"\nmedian of {wish.rounds}: cold {cold:.1f} s, forked {forked:.1f} s,"
        f" {forked / cold:.2f} of it\n"
    )
    print(f"{'peak MB':<14}{'cold':>9}{'forked':>9}{'ratio':>8}")
    for name, before in peaks["cold"].items():
        after = peaks["forked"][name]
        print(f"{name:<14}{before:>9.1f}{after:>9.1f}{after / before:>8.3f}")
    write_json(
        ROOT / "benchmarks" / "out" / "workers.json", {"seconds": seconds, "peak_megabytes": peaks}
    )


if __name__ == "__main__":
    main()
