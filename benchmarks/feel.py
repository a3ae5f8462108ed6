"""How quick the command line feels: start-up of `--help`, and `check` on ten thousand real rows.

Prints a table and writes benchmarks/out/feel.json. The peer in the same call is the interpreter
itself (`python -c pass`), since processors differ from day to day. Needs the shared data sets:
ASSAY_DATA or ../shared/data.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assay.core.store import write_json

DATA = Path(os.environ.get("ASSAY_DATA", Path(__file__).parents[2] / "shared" / "data"))


def seconds(command: list[str], repeats: int) -> float:
    """The median wall time of a command."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return sorted(times)[len(times) // 2]


def main() -> None:
    assay = [sys.executable, "-m", "assay.cli"]
    peer = seconds([sys.executable, "-c", "pass"], 9)
    rows = [
        ("python -c pass", peer, 1.0),
        ("assay --help", help_ := seconds([*assay, "--help"], 9), help_ / peer),
    ]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "train.csv").write_bytes((DATA / "banking77" / "train.csv").read_bytes())
        begun = time.perf_counter()
        subprocess.run(
            [*assay, "check", str(folder / "train.csv")], check=True, capture_output=True
        )
        first = time.perf_counter() - begun
        again = seconds([*assay, "check", str(folder / "train.csv")], 3)
    rows += [
        ("assay check, 10,003 rows", first, first / peer),
        ("the same again, cached", again, again / peer),
    ]
    print(f"{'what':<26}{'seconds':>9}{'x peer':>9}")
    for name, took, ratio in rows:
        print(f"{name:<26}{took:>9.3f}{ratio:>9.1f}")
    out = Path(__file__).parent / "out" / "feel.json"
    write_json(out, [{"what": n, "seconds": round(s, 4), "ratio": round(r, 2)} for n, s, r in rows])


if __name__ == "__main__":
    main()
