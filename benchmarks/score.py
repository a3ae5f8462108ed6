"""How fast assay scores labels, against lm-eval's hf backend on the same model, prompts, options
and precision.

    python benchmarks/score.py --peer-python PATH [--only 6,77,piqa,mmlu] [--rows N] [--rounds N]
    [--quick]

Few-shot prompts (scored_sets.py), and the likelihood of each option as the answer: the plain sum
over its tokens, end of turn included. The contenders take turns, as in train.py: assay scores
all rows a round, the peer the next part of them, so that after all rounds both have scored the same
rows. `assay` leaves options that together have less than a millionth of the whole, as the product
does; `assay all` does not; `assay fp32` is the product in fp32. A peer in bf16 flips options that
lie close itself: with --judge the choices of all are also compared with those of the peer in fp32,
which takes twice as long as the rest. Prints Markdown and writes benchmarks/out/score.json.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from assay.core.store import write_json
from assay.core.types import Messages
from assay.models.loading.find import find
from assay.models.tokenizer.chat_tokens import Chat
from contest import PEERS, Child, described, environment, machine, take_turns
from scored_sets import asked_of

HERE = Path(__file__).parent
MODEL = "smollm2-135m"
ROWS = {"6": 200, "77": 20, "piqa": 50, "mmlu": 60}
MUST, AIM = 20, 50  # times lm-eval's queries a second; mmlu is reported without a floor
SAME = 0.99  # of the rows must get the peer's choice
PEER, JUDGE, PRODUCT, ALL, EXACT = "lm-eval", "lm-eval fp32", "assay", "assay all", "assay fp32"


def main() -> None:
    options = asked()
    folder = find(MODEL).folder
    around = machine(options.threads)
    print(f"\n{described(around)}; weights {options.dtype}\n", flush=True)
    results: dict[str, Any] = {"machine": around, "dtype": options.dtype, "options": {}}
    for name in options.only:
        results["options"][name] = told = measure(name, options, folder)
        write_json(HERE / "out" / "score.json", results)
        print(table(name, told), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--peer-python", default=sys.executable, help="an interpreter that has lm-eval"
    )
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(ROWS))
    parser.add_argument("--rows", type=int, help="of each set; by default " + str(ROWS))
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    parser.add_argument("--judge", action="store_true", help="also compare with the peer in fp32")
    parser.add_argument("--quick", action="store_true", help="4 rows of each set, one round")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.rounds = 4, 1
    return options


def measure(name: str, options: argparse.Namespace, model: Path) -> dict[str, Any]:
    from transformers import AutoTokenizer

    chat = Chat(AutoTokenizer.from_pretrained(model), max_length=8192)
    rows = options.rows or ROWS[name]
    asked = asked_of(name, rows)
    job = {
        "model": str(model),
        "threads": options.threads,
        "dtype": options.dtype,
        "queries": -(-rows // options.rounds),
        "prompts": [as_job(chat, prompt) for prompt in asked.prompts],
        "options": [
            {"label": label, **as_text(chat, chat.answer(label))} for label in asked.labels
        ],
    }
    with tempfile.TemporaryDirectory() as place:

        def child(name: str, script: str, python: str, **more: Any) -> Child:
            env = environment(options.threads, ours=script.startswith("assay"))
            return Child(name, [python, str(PEERS / script)], {**job, **more}, Path(place), env)

        children = [
            child(PRODUCT, "assay_scoring.py", sys.executable, all=False),
            child(ALL, "assay_scoring.py", sys.executable, all=True),
            child(EXACT, "assay_scoring.py", sys.executable, all=False, dtype="float32"),
            child(PEER, "lm_eval_scoring.py", options.peer_python),
        ]
        if options.judge:
            children.append(
                child(JUDGE, "lm_eval_scoring.py", options.peer_python, dtype="float32")
            )
        take_turns(children, options.rounds)
    lengths = [len(prompt["ids"]) for prompt in job["prompts"]]
    by_name = {child.name: child for child in children}
    told = {child.name: result(child, by_name[PEER]) for child in children}
    for child in children:
        if scores := scores_of(child):
            for exact in (EXACT, JUDGE):
                if exact in by_name and (wanted := scores_of(by_name[exact])):
                    told[child.name].setdefault("choices_of", {})[exact] = agreement(
                        scores, wanted
                    )["equal_choices"]
            right = [
                asked.labels[int(np.argmax(row))] == asked.gold[i] for i, row in scores.items()
            ]
            told[child.name]["accuracy"] = sum(right) / len(right)
    return {
        "queries": rows,
        "shared_tokens": common_prefix([prompt["ids"] for prompt in job["prompts"]]),
        "prompt_tokens": sum(lengths) / len(lengths),
        "contenders": told,
    }


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """How many first tokens all sequences share."""
    first, last = min(map(list, sequences)), max(map(list, sequences))
    return next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )


def as_job(chat: Chat, messages: Messages) -> dict[str, Any]:
    return {
        "messages": [[m.role, m.content] for m in messages],
        **as_text(chat, chat.prompt(messages)[0]),
    }


def as_text(chat: Chat, ids: Sequence[int]) -> dict[str, Any]:
    return {"ids": list(ids), "text": chat.tokenizer.decode(list(ids))}


# --- what it means --------------------------------------------------------------------------------


def result(child: Child, peer: Child) -> dict[str, Any]:
    """Queries a second, and how often the choice is the peer's."""
    told: dict[str, Any] = {"failure": child.failure, **child.start}
    if child.rounds:
        told["queries_per_second"] = median(r["queries"] / r["seconds"] for r in child.rounds)
        told["spread"] = sorted(r["queries"] / r["seconds"] for r in child.rounds)
        told["peak_bytes"] = max(r["peak_bytes"] for r in child.rounds)
    if child.rounds and peer.rounds:
        told |= agreement(scores_of(child), scores_of(peer))
    return told


def scores_of(child: Child) -> dict[int, list[float]]:
    """Query number -> scores, from all rounds."""
    return {r["first"] + i: scores for r in child.rounds for i, scores in enumerate(r["scores"])}


def agreement(ours: dict[int, list[float]], theirs: dict[int, list[float]]) -> dict[str, Any]:
    """Over the queries that both have scored: how many, the share of equal choices, and how far
    below the peer's choice ours lies at most, by the peer's scores, in nats."""
    both = sorted(ours.keys() & theirs.keys())
    a, b = np.array([ours[i] for i in both]), np.array([theirs[i] for i in both])
    chosen, wanted = a.argmax(1), b.argmax(1)
    lost = b[np.arange(len(both)), wanted] - b[np.arange(len(both)), chosen]
    return {
        "compared": len(both),
        "equal_choices": float((chosen == wanted).mean()),
        "nats_lost_at_most": float(lost.max()),
    }


def table(name: str, told: dict[str, Any]) -> str:
    what = f"{name} options" if name.isdigit() else name
    size = (
        f"{told['queries']} rows of {told['prompt_tokens']:.0f} tokens, {told['shared_tokens']}"
        " shared by all"
    )
    lines = [
        f"### {what}: {size}\n",
        "| contender | queries/s | x lm-eval | rounds | equal choices | accuracy | same tokens |"
        " memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    peer = told["contenders"][PEER].get("queries_per_second")
    for contender, found in told["contenders"].items():
        if "queries_per_second" not in found:
            lines.append(f"| {contender} | failed: {found['failure']} | | | | | | |")
            continue
        speed, spread = found["queries_per_second"], found["spread"]
        equal = (
            f"{found['equal_choices']:.1%} of {found['compared']}" if "compared" in found else "-"
        )
        label = f"{contender}, batch {found['batch_size']}" if "batch_size" in found else contender
        lines.append(
            f"| {label} | {speed:.2f} | {f'{speed / peer:.1f}' if peer else '-'} "
            f"| {spread[0]:.2f}-{spread[-1]:.2f} | {equal} | {found['accuracy']:.1%} "
            f"| {'yes' if found['same_tokens'] else 'NO'} | {found['peak_bytes'] / 1e9:.2f} GB |"
        )
    product = told["contenders"][PRODUCT]
    if peer and "compared" in product:
        ratio, equal = product["queries_per_second"] / peer, product["equal_choices"]
        verdict = "aim reached" if ratio >= AIM else "reached" if ratio >= MUST else "short"
        floor = f"; must {MUST}x, aim {AIM}x: {verdict}" if name != "mmlu" else ""
        same = (
            ""
            if equal >= SAME
            else f", below {SAME:.0%}; at most {product['nats_lost_at_most']:.2f} nats apart"
        )
        lines.append(
            f"\nlabel scoring against lm-eval: {ratio:.1f}x{floor}. Same choice: {equal:.1%}{same}"
        )
    for exact in (EXACT, JUDGE):
        shares = [
            f"{name} {found['choices_of'][exact]:.1%}"
            for name, found in told["contenders"].items()
            if name != exact and exact in found.get("choices_of", {})
        ]
        if shares:
            lines.append(f"Same choice as {exact}: {', '.join(shares)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
