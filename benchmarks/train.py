"""How fast assay trains, against TRL's SFTTrainer with PEFT on the same model, rows, precision,
batch and epochs.

    python benchmarks/train.py --peer-python PATH [--only A8,C8] [--steps N] [--rounds N] [--ablate]

Each contender is a process of its own that loads, warms up with one step and then waits. The parent
lets them go one after the other, an epoch at a time, again and again: all see the same machine in
the same state. `tok/s` counts the tokens of the separate sequences, whoever computes them. Prints
Markdown and writes benchmarks/out/train.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from assay.core.store import read_json, write_json
from assay.models.loading.find import find
from claims import ABLATIONS, EXPERIMENTS, Contender, Experiment, judged
from contest import PEERS, Child, described, environment, machine, take_turns
from workloads import Row, rows_of, whole_chats

HERE = Path(__file__).parent
MODEL = "smollm2-135m"
SETTINGS = {"learning_rate": 1e-3, "seed": 0}


def main() -> None:
    options = asked()
    folder = find(MODEL).folder
    around = machine(options.threads)
    print(f"\n{described(around)}; weights {options.dtype}\n", flush=True)
    out = HERE / "out" / "train.json"
    results = read_json(out) if out.exists() and options.keep else {"experiments": {}}
    results |= {"machine": around, "dtype": options.dtype}
    for name in options.only or EXPERIMENTS:
        measured = measure(EXPERIMENTS[name], options, folder, around)
        results["experiments"][name] = measured
        write_json(out, results)
        print(table(name, EXPERIMENTS[name], measured), flush=True)
    print(verdicts(results))


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has TRL")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help="experiments, " + ", ".join(EXPERIMENTS)
    )
    parser.add_argument(
        "--contenders", type=lambda text: text.split(","), help="only these, by name"
    )
    parser.add_argument(
        "--steps", type=int, default=0, help="optimiser steps an epoch (0: the experiment's own)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each contender")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument(
        "--ablate", action="store_true", help="also assay with one option off at a time"
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the other experiments of the last JSON file"
    )
    return parser.parse_args()


# --- one experiment -------------------------------------------------------------------------------


def measure(
    experiment: Experiment, options: argparse.Namespace, model: Path, machine: dict[str, Any]
) -> dict[str, Any]:
    """All contenders of an experiment, taking turns."""
    rows = drawn(experiment, options.steps or experiment.steps, model)
    contenders = [
        c for c in experiment.contenders if not options.contenders or c.name in options.contenders
    ]
    if options.ablate and experiment.ablates:
        contenders += [
            Contender(f"assay {name}", "assay", {**experiment.method, **off})
            for name, off in ABLATIONS
        ]
    with tempfile.TemporaryDirectory() as place:
        children = []
        for c in contenders:
            ours = c.side == "assay"
            command = [
                sys.executable if ours else options.peer_python,
                str(PEERS / f"{c.side}_sft.py"),
            ]
            job = job_of(c, experiment, rows, options, model)
            children.append(
                Child(c.name, command, job, Path(place), environment(options.threads, ours=ours))
            )
        take_turns(children, options.rounds)
        found = {
            c.name: result(child, c, model, machine)
            for c, child in zip(contenders, children, strict=True)
        }
    lengths = [len(row.ids) for row in rows]
    return {
        "workload": experiment.workload,
        "batch": experiment.batch,
        "rows": len(rows),
        "tokens": sum(lengths),
        "longest": max(lengths),
        "contenders": found,
    }


def drawn(experiment: Experiment, steps: int, model: Path) -> list[Row]:
    from transformers import AutoTokenizer

    from assay.models.tokenizer.chat_tokens import Chat

    chat = Chat(AutoTokenizer.from_pretrained(model), max_length=2048)
    return rows_of(experiment.workload, chat, steps * experiment.batch)


def job_of(
    contender: Contender,
    experiment: Experiment,
    rows: list[Row],
    options: argparse.Namespace,
    model: Path,
) -> dict[str, Any]:
    tokens, batch = sum(len(row.ids) for row in rows), experiment.batch
    # the rows of a conversation as one: as many steps, the same tokens learnt
    if contender.how.get("whole"):
        steps, rows = len(rows) // batch, whole_chats(rows)
        batch = -(-len(rows) // steps)
    return {
        **SETTINGS,
        "model": str(model),
        "rows": [row.to_json() for row in rows],
        "tokens": tokens,
        "batch": batch,
        "rounds": options.rounds,
        "threads": options.threads,
        "dtype": options.dtype,
        "strategy" if contender.side == "assay" else "options": contender.settings,
        **contender.how,
    }


def result(
    child: Child, contender: Contender, model: Path, machine: dict[str, Any]
) -> dict[str, Any]:
    """What a contender's rounds amount to."""
    told: dict[str, Any] = {**asdict(contender), "failure": child.failure, "rounds": child.rounds}
    if not child.rounds:
        return told
    told |= {
        "tokens_per_second": median(r["tokens"] / r["seconds"] for r in child.rounds),
        "peak_bytes": max(r["peak_bytes"] for r in child.rounds),
        "loss_before": child.start["loss"],
        "kept_bytes": child.start.get("kept_bytes", 0),
        "loss_epochs": [sum(r["losses"]) / len(r["losses"]) for r in child.rounds],
    }
    if "processes" not in contender.how:  # one of several counts its own share only
        told["computed_per_second"] = median(r["computed"] / r["seconds"] for r in child.rounds)
    if contender.whole_flops:
        rates = [
            flops(read_json(model / "config.json"), r) / r["seconds"] / 1e9 for r in child.rounds
        ]
        told |= {"gflops": median(rates), "share_of_peak": median(rates) / machine["bf16_gflops"]}
    return told


# --- what it means --------------------------------------------------------------------------------


def flops(config: dict[str, Any], told: dict[str, Any], rank: int = 16) -> float:
    """Floating-point operations that an epoch of LoRA on all linear layers asks for.

    A computed token    4 M    the layers' matrices (M weights), forward and backward with respect
                        to activations; the
                               frozen weights themselves get no gradient
                        6 L    LoRA's matrices (L weights): forward, activations, weights
    A learnt token      4 V H  the output layer (V x H), forward and backward with respect to hidden
                        states
    A (token, token it sees) in each layer
                        12 A   scores and mixed values, 4 A forward and twice that backward;
                               A = heads x head width
    Elementwise work, norms, softmax and the optimiser are not counted.
    """
    hidden, inner, layers = (
        config["hidden_size"],
        config["intermediate_size"],
        config["num_hidden_layers"],
    )
    wide = config["num_attention_heads"] * (
        config.get("head_dim") or hidden // config["num_attention_heads"]
    )
    narrow = wide * config["num_key_value_heads"] // config["num_attention_heads"]
    shapes = [(hidden, wide), (hidden, narrow), (hidden, narrow), (wide, hidden)]
    shapes += [(hidden, inner), (hidden, inner), (inner, hidden)]
    matrices = layers * sum(a * b for a, b in shapes)
    lora = layers * rank * sum(a + b for a, b in shapes)
    output = 4 * config["vocab_size"] * hidden
    return (
        told["computed"] * (4 * matrices + 6 * lora)
        + told["learnt"] * output
        + told["pairs"] * layers * 12 * wide
    )


def table(name: str, experiment: Experiment, result: dict[str, Any]) -> str:
    """A workload's contenders as Markdown."""
    lines = [
        f"### {name}: {experiment.about}",
        f"{result['rows']} rows an epoch of {result['tokens'] / result['rows']:.0f} tokens,"
        f" batch {result['batch']}\n",
        "| contender | tok/s | x TRL's best | rounds | computed tok/s | of bf16 peak | memory |"
        " loss before | epochs |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    best = fastest(result, "trl")
    for contender, told in result["contenders"].items():
        if not told["rounds"]:
            lines.append(f"| {contender} | failed: {told['failure']} | | | | | | | |")
            continue
        speeds = [r["tokens"] / r["seconds"] for r in told["rounds"]]
        ratio = f"{told['tokens_per_second'] / best['tokens_per_second']:.2f}" if best else "-"
        computed = f"{told['computed_per_second']:,.0f}" if "computed_per_second" in told else "-"
        share = f"{told['share_of_peak']:.1%}" if "share_of_peak" in told else "-"
        lines.append(
            f"| {contender} | {told['tokens_per_second']:,.0f} "
            f"| {ratio} | {min(speeds):,.0f}-{max(speeds):,.0f} | {computed} "
            f"| {share} | {told['peak_bytes'] / 1e9:.2f} GB | {told['loss_before']:.4f} "
            f"| {' '.join(f'{loss:.3f}' for loss in told['loss_epochs'])} |"
        )
    return "\n".join(lines) + "\n"


def fastest(result: dict[str, Any], side: str) -> dict[str, Any] | None:
    told = [c for c in result["contenders"].values() if c["side"] == side and c["rounds"]]
    return max(told, key=lambda c: c["tokens_per_second"], default=None)


def verdicts(results: dict[str, Any]) -> str:
    lines = ["### Acceptance", "| what | measured | must | aim | |", "|---|---|---|---|---|"]
    for verdict in judged(results):
        lines.append("| " + " | ".join(verdict) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
