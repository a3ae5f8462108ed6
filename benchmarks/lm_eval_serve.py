"""lm-eval's `local-completions` against assay's server, and its own `hf` backend on the same
weights.

    python benchmarks/lm_eval_serve.py --peer-python peers/bin/python [--model smollm2-135m |
    FOLDER] [--rows 40]

Both are asked for the likelihood of every option after every prompt, and for greedy continuations.
What must hold: the same option is the likeliest, the same flags "this is what greedy decoding
writes", likelihoods equal but for rounding, the same texts. fp32; no data set is needed. Prints a
table and writes benchmarks/out/lm_eval_serve.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from assay.core.store import write_json
from assay.models.loading.find import find
from generate import TOPICS
from serve_clients import assay_command, started

HERE = Path(__file__).parent
OUT = HERE / "out" / "lm_eval_serve.json"
OPTIONS = (" is old.", " is new and cheap.", " cannot be found in any shop.")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--peer-python", required=True)
    options.add_argument("--model", default="smollm2-135m")
    options.add_argument("--rows", type=int, default=40)
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    folder = find(
        given.model, base=Path.cwd(), offline=False, tell=lambda event: None, kind="causal"
    ).folder
    prompts = [
        f"What everybody should know of {TOPICS[i % len(TOPICS)]}, part {i}: it"
        for i in range(given.rows)
    ]
    job = {
        "model": str(folder),
        "prompts": prompts,
        "options": OPTIONS,
        "tokens": 16,
        "threads": given.threads,
    }
    OUT.parent.mkdir(exist_ok=True)
    log = OUT.with_suffix(".log")
    command = assay_command(folder, "float32", given.threads, 16)
    with started("assay", command, "base", given.threads, log, ours=True) as server:
        peer = [given.peer_python, str(HERE / "peers" / "lm_eval_client.py")]
        asked = json.dumps({**job, "address": server.address})
        done = subprocess.run(peer, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    told = compared(json.loads(done.stdout.splitlines()[-1]), len(OPTIONS))
    write_json(OUT, told)
    for name, value in told.items():
        print(f"{name:<28} {value}")
    return 0 if told["same best option"] == told["same greedy flags"] == 1.0 else 1


def compared(both: dict[str, Any], options: int) -> dict[str, Any]:
    """Of likelihoods [(value, greedy)] a prompt and option, and texts, each of "served" and
    "hf"."""
    served, plain = both["served"], both["hf"]
    pairs = list(zip(served["likelihoods"], plain["likelihoods"], strict=True))
    rows = [pairs[i : i + options] for i in range(0, len(pairs), options)]
    best = [[max(range(options), key=lambda j: row[j][side][0]) for side in (0, 1)] for row in rows]
    return {
        "rows": len(rows),
        "same best option": sum(one == two for one, two in best) / len(rows),
        "same greedy flags": sum(one[1] == two[1] for one, two in pairs) / len(pairs),
        "largest difference, nats": round(max(abs(one[0] - two[0]) for one, two in pairs), 6),
        "same texts": sum(map(str.__eq__, served["texts"], plain["texts"])) / len(served["texts"]),
    }


if __name__ == "__main__":
    sys.exit(main())
