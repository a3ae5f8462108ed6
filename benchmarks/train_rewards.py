"""How fast answers are written that a model is then trained on by rewards, against TRL's
GRPOTrainer with PEFT on the same model, prompts, samples, precision and longest answer.

    python benchmarks/train_rewards.py --peer-python PATH [--questions 8] [--samples 8] [--rounds 3]

The questions are of gsm8k (../shared/data), under one instruction. Contenders take turns as in
`train.py`. Where other programs run, samples a processor second say more than samples a second.
Prints Markdown and writes benchmarks/out/train_rewards.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from assay.core.store import write_json
from assay.core.types import Message
from assay.models.loading.find import find
from contest import PEERS, Child, described, environment, machine, take_turns
from workloads import DATA

HERE = Path(__file__).parent
INSTRUCTION = "Solve the problem step by step. End with #### and the number alone."
CONTENDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "assay": ("assay", {}),
    "TRL": ("trl", {}),
    "TRL, 16 rows at once": ("trl", {"rows": 16}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has TRL")
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--most", type=int, default=32, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument("--only", type=lambda text: text.split(";"), help="contenders; by ;")
    options = parser.parse_args()
    folder = find("smollm2-135m").folder
    around = machine(options.threads)
    print(f"\n{described(around)}; weights {options.dtype}\n", flush=True)
    prompts = drawn(options.questions)
    ids = encoded(folder, prompts)
    job = {"model": str(folder), "prompts": prompts, "prompt_ids": ids, "seed": 0}
    job |= {"samples": options.samples, "most": options.most}
    job |= {"threads": options.threads, "dtype": options.dtype}
    with tempfile.TemporaryDirectory() as place:
        children = []
        for name, (side, settings) in CONTENDERS.items():
            if options.only and name not in options.only:
                continue
            ours = side == "assay"
            command = [sys.executable if ours else options.peer_python]
            command.append(str(PEERS / f"{side}_grpo.py"))
            env = environment(options.threads, ours=ours)
            children.append(Child(name, command, {**job, "options": settings}, Path(place), env))
        take_turns(children, options.rounds)
    found = {
        child.name: {
            "samples_per_second": median(t["samples"] / t["seconds"] for t in child.rounds),
            "samples_per_processor_second": median(
                t["samples"] / t["processor"] for t in child.rounds
            ),
            "tokens_per_second": median(t["tokens"] / t["seconds"] for t in child.rounds),
            "tokens_a_sample": median(t["tokens"] / t["samples"] for t in child.rounds),
            "peak_bytes": max(told["peak_bytes"] for told in child.rounds),
        }
        for child in children
        if child.rounds
    }
    write_json(HERE / "out" / "train_rewards.json", {"machine": around, "found": found})
    print(table(found, ids, options.samples))


def drawn(count: int) -> list[list[list[str]]]:
    """Questions under the instruction, as roles and texts."""
    lines = (DATA / "gsm8k" / "train_first1000.jsonl").read_text(encoding="utf-8").splitlines()
    rows = random.Random(0).sample([json.loads(line) for line in lines], count)
    return [[["system", INSTRUCTION], ["user", row["question"]]] for row in rows]


def encoded(model: Path, prompts: list[list[list[str]]]) -> list[list[int]]:
    from transformers import AutoTokenizer

    from assay.models.tokenizer.chat_tokens import Chat

    chat = Chat(AutoTokenizer.from_pretrained(model), max_length=2048)
    return [
        chat.prompt(tuple(Message(role, text) for role, text in prompt))[0]  # type: ignore[arg-type]
        for prompt in prompts
    ]


def table(found: dict[str, dict[str, Any]], ids: list[list[int]], samples: int) -> str:
    peers = [told for name, told in found.items() if name.startswith("TRL")]
    best = max((told["samples_per_second"] for told in peers), default=None)
    least = max((told["samples_per_processor_second"] for told in peers), default=None)
    size = sum(map(len, ids)) / len(ids)
    lines = [
        f"{len(ids)} questions of {size:.0f} tokens, {samples} answers to each",
        "",
        "| contender | samples/s | x TRL's best | samples a processor second | x TRL's best |"
        " tokens/s | tokens a sample | memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, told in found.items():
        ratio = f"{told['samples_per_second'] / best:.2f}" if best else "-"
        other = f"{told['samples_per_processor_second'] / least:.2f}" if least else "-"
        lines.append(
            f"| {name} | {told['samples_per_second']:.2f} | {ratio} |"
            f" {told['samples_per_processor_second']:.2f} | {other} |"
            f" {told['tokens_per_second']:.0f} | {told['tokens_a_sample']:.1f} |"
            f" {told['peak_bytes'] / 1e9:.2f} GB |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
