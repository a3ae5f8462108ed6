"""How long curation takes and how much memory it needs: 100,000 rows under 60 seconds and 2 GB on two cores.

    python benchmarks/curate.py [--rows 100000] [--data FOLDER]

The rows are made from the texts of banking77 (a folder with train.csv and test.csv): halves of different questions
joined, with a reference number in every third. One in ten is planted again with other case and punctuation, one in
twenty with one or two letters changed, so that the benchmark also says how many copies were found.
"""

import argparse
import csv
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from assay import store
from assay.curate.curated import run
from assay.curate.reading.load import load
from assay.curate.split import Split
from assay.curate.steps.dedupe import Dedupe
from assay.curate.steps.language import Language
from assay.curate.steps.length import Length
from assay.curate.steps.near import Near
from assay.curate.steps.repair import Repair
from assay.nouns import Means

SECONDS, GIGABYTES = 60.0, 2.0
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_rows(texts: list[tuple[str, str]], rows: int, draw: random.Random) -> list[dict]:
    """Rows with `text`, `label` and what was planted: "", "exact" or "near"."""
    made: list[dict] = []
    while len(made) < rows:
        (first, label), (second, _) = draw.sample(texts, 2)
        start, end = first.split(), second.split()
        words = start[: max(3, len(start) * 2 // 3)] + end[len(end) // 3 :]
        if draw.random() < 0.34:
            words.append(f"ref {draw.randrange(10**8):08d}")
        row = {"text": " ".join(words), "label": label, "planted": "", "of": len(made) + 1}
        made.append(row)
        chance = draw.random()
        if chance < 0.1:
            made.append(row | {"text": row["text"].upper().replace(" ", "  ") + "!!", "planted": "exact"})
        elif chance < 0.15:
            made.append(row | {"text": slip(row["text"], draw), "planted": "near"})
    return made[:rows]


def slip(text: str, draw: random.Random) -> str:
    """One or two letters dropped, added or changed."""
    for _ in range(draw.choice((1, 2))):
        at = draw.randrange(len(text))
        new = draw.choice(("", draw.choice(LETTERS), text[at] + draw.choice(LETTERS)))
        text = text[:at] + new + text[at + 1 :]
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description="How long curation takes and how much memory it needs.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/banking77"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/curate.json"))
    options = parser.parse_args()
    texts = []
    for name in ("train.csv", "test.csv"):
        with (options.data / name).open(encoding="utf-8", newline="") as file:
            texts += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    rows = made_rows(texts, options.rows, random.Random(0))
    planted = Counter(row["planted"] for row in rows)
    marks = [(f"rows-{at}", f"rows-{row['of']}", row["planted"]) for at, row in enumerate(rows, 1)]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        del rows
        times = [("start", time.perf_counter())]
        examples = load(
            {"data": [path]}, columns={"text": "text", "label": "label"}, kind="classify", base=path.parent
        ).train
        times.append(("read", time.perf_counter()))
        curated = run(
            examples,
            (),
            (),
            official=False,
            steps=(Repair(), Length(), Language(), Dedupe(), Near()),
            split=Split(),
            task_kind="classify",
            seed=0,
            means=Means(),
            tell=lambda event: times.append((event["step"], time.perf_counter())),
        )
        times.append(("split and audit", time.perf_counter()))

    seconds = times[-1][1] - times[0][1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    dropped = {line["id"] for line in curated.ledger if line["action"] == "dropped"}
    # A copy is found when it does not stand beside its original any more.
    found = Counter(kind for row, original, kind in marks if row in dropped or (kind and original in dropped))
    parts = {name: end - start for (_, start), (name, end) in pairwise(times)}
    result = {
        "rows": len(examples),
        "kept": curated.counts["kept"],
        "seconds": round(seconds, 2),
        "seconds_by_part": {name: round(value, 2) for name, value in parts.items()},
        "peak_gb": round(peak, 3),
        "planted": {kind: planted[kind] for kind in ("exact", "near")},
        "found": {kind: found[kind] for kind in ("exact", "near")},
        "not_planted_dropped": found[""],
        "promise": {"seconds": SECONDS, "gb": GIGABYTES},
        "kept_promise": seconds < SECONDS and peak < GIGABYTES,
    }
    for name, value in parts.items():
        print(f"{name:<18}{value:>8.1f} s")
    print(f"{'all':<18}{seconds:>8.1f} s   (promise: under {SECONDS:.0f} s)")
    print(f"{'peak memory':<18}{peak:>8.2f} GB  (promise: under {GIGABYTES:.0f} GB)")
    for kind in ("exact", "near"):
        print(f"{kind + ' copies found':<18}{found[kind]:>8,} of {planted[kind]:,}")
    print(f"{'other rows dropped':<18}{found['']:>8,} of {planted['']:,}")
    store.write_json(options.out, result)
    return 0 if result["kept_promise"] else 1


if __name__ == "__main__":
    sys.exit(main())
