"""How fast assay scores labels, against lm-eval's hf backend on the same model, prompts, options and precision.

    python benchmarks/score.py --peer-python PATH [--only 6,77] [--queries N] [--peer-queries N] [--rounds N]

Few-shot prompts of banking77: 16 short shots that all queries share (about 410 tokens), the query, and the likelihood
of each option as the answer. The contenders take turns, as in train.py; the peer gets a few queries a round, since it
needs seconds for each. `assay` leaves options more than 1 nat below the best one unfinished, as the product does;
`assay all` does not. Prints Markdown and writes benchmarks/out/score.json.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from contest import PEERS, Child, described, environment, machine, take_turns
from workloads import banking77

from assay.encode.chat import Chat
from assay.encode.wording import ask, shown
from assay.model.find import find
from assay.nouns import Example, Messages, Task
from assay.store import write_json

HERE = Path(__file__).parent
MODEL = "smollm2-135m"
SHOTS, SHORT = 16, 40  # short shots: at most so many characters
MUST, AIM = 20, 50  # times lm-eval's queries a second
PEER, PRODUCT, ALL = "lm-eval", "assay", "assay all"


def main() -> None:
    options = asked()
    folder = find(MODEL).folder
    around = machine(options.threads)
    print(f"\n{described(around)}; weights {options.dtype}\n", flush=True)
    results: dict[str, Any] = {"machine": around, "dtype": options.dtype, "options": {}}
    for count in options.only:
        results["options"][str(count)] = told = measure(count, options, folder)
        write_json(HERE / "out" / "score.json", results)
        print(table(count, told), flush=True)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has lm-eval")
    parser.add_argument("--only", type=lambda text: [int(n) for n in text.split(",")], default=[6, 77])
    parser.add_argument("--queries", type=int, default=128, help="queries that assay scores a round")
    parser.add_argument("--peer-queries", type=int, default=4, help="queries that the peer scores a round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--dtype", default="bfloat16", choices=("bfloat16", "float32"))
    return parser.parse_args()


def measure(count: int, options: argparse.Namespace, model: Path) -> dict[str, Any]:
    from transformers import AutoTokenizer

    chat = Chat(AutoTokenizer.from_pretrained(model), max_length=8192)
    prompts, labels = questions(count, options.queries)
    job = {
        "model": str(model),
        "threads": options.threads,
        "dtype": options.dtype,
        "queries": options.peer_queries,
        "prompts": [as_job(chat, prompt) for prompt in prompts],
        "options": [{"label": label, **as_text(chat, chat.answer(label))} for label in labels],
    }
    with tempfile.TemporaryDirectory() as place:

        def child(name: str, script: str, python: str, **more: Any) -> Child:
            env = environment(options.threads, ours=script.startswith("assay"))
            return Child(name, [python, str(PEERS / script)], {**job, **more}, Path(place), env)

        children = [
            child(PRODUCT, "assay_scoring.py", sys.executable, all=False),
            child(ALL, "assay_scoring.py", sys.executable, all=True),
            child(PEER, "lm_eval_scoring.py", options.peer_python),
        ]
        take_turns(children, options.rounds)
    lengths = [len(prompt["ids"]) for prompt in job["prompts"]]
    return {
        "queries": len(prompts),
        "shared_tokens": common_prefix([prompt["ids"] for prompt in job["prompts"]]),
        "prompt_tokens": sum(lengths) / len(lengths),
        "contenders": {child.name: result(child, children[-1]) for child in children},
    }


def questions(count: int, queries: int, seed: int = 0) -> tuple[list[Messages], list[str]]:
    """Few-shot prompts for `queries` test rows of `count` labels, and the labels."""
    draw = random.Random(seed)
    task, train = banking77("train")
    _, test = banking77("test")
    labels = sorted(draw.sample(task.labels, count))
    own = Task(kind="classify", labels=tuple(labels))
    shots = draw.sample([row for row in train if row.target in labels and len(row.text) <= SHORT], SHOTS)
    asked = draw.sample([row for row in test if row.target in labels], queries)
    return [few_shot(own, shots, row) for row in asked], labels


def common_prefix(sequences: Sequence[Sequence[int]]) -> int:
    """How many first tokens all sequences share."""
    first, last = min(map(list, sequences)), max(map(list, sequences))
    return next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def few_shot(task: Task, shots: Sequence[Example], question: Example) -> Messages:
    system, *last = ask(task, question)
    return (system, *(message for shot in shots for message in shown(task, shot)), *last)


def as_job(chat: Chat, messages: Messages) -> dict[str, Any]:
    return {"messages": [[m.role, m.content] for m in messages], **as_text(chat, chat.prompt(messages)[0])}


def as_text(chat: Chat, ids: Sequence[int]) -> dict[str, Any]:
    return {"ids": list(ids), "text": chat.tokenizer.decode(list(ids))}


# --- what it means --------------------------------------------------------------------------------------------------


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
    """Over the queries that both have scored: how many, the share of equal choices, and how far below the peer's choice
    ours lies at most, by the peer's scores, in nats."""
    both = sorted(ours.keys() & theirs.keys())
    a, b = np.array([ours[i] for i in both]), np.array([theirs[i] for i in both])
    chosen, wanted = a.argmax(1), b.argmax(1)
    lost = b[np.arange(len(both)), wanted] - b[np.arange(len(both)), chosen]
    return {
        "compared": len(both),
        "equal_choices": float((chosen == wanted).mean()),
        "nats_lost_at_most": float(lost.max()),
    }


def table(count: int, told: dict[str, Any]) -> str:
    lines = [
        f"### {count} options: {told['shared_tokens']} shared tokens, {told['prompt_tokens']:.0f} a prompt\n",
        "| contender | queries/s | x lm-eval | rounds | equal choices | same tokens | memory |",
        "|---|---|---|---|---|---|---|",
    ]
    peer = told["contenders"][PEER].get("queries_per_second")
    for name, found in told["contenders"].items():
        if "queries_per_second" not in found:
            lines.append(f"| {name} | failed: {found['failure']} | | | | | |")
            continue
        speed, spread = found["queries_per_second"], found["spread"]
        equal = f"{found['equal_choices']:.1%} of {found['compared']}" if "compared" in found else "-"
        label = f"{name}, batch {found['batch_size']}" if "batch_size" in found else name
        lines.append(
            f"| {label} | {speed:.2f} | {f'{speed / peer:.1f}' if peer else '-'} | {spread[0]:.2f}-{spread[-1]:.2f} "
            f"| {equal} | {'yes' if found['same_tokens'] else 'NO'} | {found['peak_bytes'] / 1e9:.2f} GB |"
        )
    ours = told["contenders"][PRODUCT].get("queries_per_second")
    if ours and peer:
        verdict = "aim reached" if ours / peer >= AIM else "reached" if ours / peer >= MUST else "short"
        lines.append(f"\nlabel scoring against lm-eval: {ours / peer:.1f}x; must {MUST}x, aim {AIM}x: {verdict}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
