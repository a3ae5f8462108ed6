"""What a trained arm loses and gains when it is made smaller: 8 and 4 bits, half the layers
distilled, layers pruned.

    python benchmarks/shrink.py [--teacher lora] [--rounds 3] [--rows 64] [--tokens 16] [--minutes
    N] [--quick]

Rows     examples/intents as it curates and splits them; teacher of 2 epochs; all arms on the same
         276 test rows
Score    accuracy, and its paired difference to the teacher's
Speed    in one process, in turn, `--rounds` times: the labels of `--rows` test questions scored;
         `--tokens` tokens written after each of them, by a model that no token ends; and both for
         one question alone. The ratio is of medians of processor seconds, so that other programs on
         the machine do not decide it. The teacher's adapters are merged before: beside the weights
         they would cost time that the others are not charged
Size     weights in memory, and the arm's folder on disk
Rerun    every fit is a cached stage: an interrupted run goes on. Prints Markdown, writes
         benchmarks/out/shrink.json
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

import numpy as np

import assay
from assay.core.store import read_lines, to_json, write_json, write_lines, write_text
from assay.evaluation.metrics.accuracy import Accuracy
from assay.models.tokenizer.chat_tokens import Chat
from assay.presentation.number_format import points
from assay.stats.standard_error import paired_difference
from contest import processor

EXAMPLE = Path(__file__).parents[1] / "examples" / "intents"
OUT = Path(__file__).parent / "out" / "shrink"
# the student's share of the score and ratios; points of 8 bits
SHARE, SCORING, WRITING, POINTS = 0.9, 1.7, 1.5, 1.0
TIMED = ("labels", "tokens", "labels, alone", "tokens, alone")


def main() -> int:
    options = asked()
    folder = project(options)
    report = assay.run(folder / "project.yaml", offline=True, minutes=options.minutes)
    done = [arm for arm in report.arms if arm.status == "done"]
    if left := [arm.name for arm in report.arms if arm.status != "done"]:
        print(f"not done: {', '.join(left)}; the same command goes on", file=sys.stderr)
        return 1
    teacher = done[0]
    found = {arm.name: judged(arm, teacher) for arm in done}
    for name, told in timed(folder, [arm.name for arm in done], options).items():
        found[name] |= told
    told = {
        "machine": processor(),
        "threads": options.threads,
        "teacher": teacher.name,
        "arms": found,
    }
    write_json(OUT.with_suffix(".json"), told)
    print(table(found, teacher.name), "", *claims(found, teacher.name), sep="\n")
    return 0


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--teacher", default="lora", choices=("lora", "full"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument(
        "--minutes", type=float, help="of fitting; what is not done then goes on next time"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--quick", action="store_true", help="few rows and epochs: the figures say nothing"
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.rows, options.tokens = 1, 8, 4
    return options


def arms(options: argparse.Namespace) -> list[dict[str, Any]]:
    teacher = {"kind": options.teacher, "epochs": 1 if options.quick else 2}
    student = {"kind": "distil", **({"epochs": 1} if options.quick else {}), "inner": teacher}
    return [
        {**teacher, "name": "teacher"},
        {"kind": "quantise", "bits": 8, "inner": teacher, "name": "int8"},
        {"kind": "quantise", "bits": 4, "inner": teacher, "name": "int4"},
        {**student, "name": "student"},
        {
            "kind": "quantise",
            "bits": 8,
            "inner": {"kind": "distil", **student, "inner": teacher},
            "name": "student-int8",
        },
        {"kind": "prune", "inner": teacher, "name": "pruned"},
        {"kind": "prune", "by": "block", "inner": teacher, "name": "pruned-block"},
    ]


def project(options: argparse.Namespace) -> Path:
    """The example's project with these arms, below `out/`."""
    folder = OUT / ("quick" if options.quick else options.teacher)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE / "test.jsonl", folder / "test.jsonl")
    tickets = list(read_lines(EXAMPLE / "tickets.jsonl"))
    write_lines(folder / "tickets.jsonl", tickets[:200] if options.quick else tickets)
    if options.quick:
        write_lines(folder / "test.jsonl", list(read_lines(EXAMPLE / "test.jsonl"))[:40])
    above = (EXAMPLE / "project.yaml").read_text().partition("\ncompare:")[0]
    write_text(folder / "project.yaml", f"{above}\ncompare: {to_json(arms(options))}\n")
    return folder


def judged(arm: Any, teacher: Any) -> dict[str, Any]:
    """Accuracy, its paired difference to the teacher's, and the sizes that the run measured."""
    own, first = (right(each) for each in (arm, teacher))
    gap = paired_difference(own, first, Accuracy().total)
    same = [
        a.answer.text == b.answer.text for a, b in zip(arm.records, teacher.records, strict=True)
    ]
    return {
        "accuracy": float(own.mean()),
        "difference": [gap.value, gap.low, gap.high],
        "same": sum(same) / len(same),
        "disk_bytes": arm.cost["kept_bytes"],
        "fit_seconds": arm.cost["fit_seconds"],
    }


def right(arm: Any) -> np.ndarray:
    """1 or 0 of each test row, (rows, 1)."""
    hits = [record.answer.text in (record.target, *record.also) for record in arm.records]
    return np.array(hits, dtype=np.float64).reshape(-1, 1)


# --- speed ----------------------------------------------------------------------------------------


class Endless(Chat):
    """No token ends an answer."""

    @property
    def end(self) -> list[int]:
        return [-1]


def timed(folder: Path, names: list[str], options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Bytes of the weights of each arm, and processor seconds of each thing that is timed, round by
    round."""
    import torch

    from assay.strategies.compression.compressed_arm import plain
    from assay.strategies.compression.quantised_linear import count_weight_bytes

    torch.set_num_threads(options.threads)
    loaded = {
        name: plain("shrink", assay.load(folder, name, offline=True).adapted) for name in names
    }
    questions = [row["text"] for row in read_lines(folder / "test.jsonl")][: options.rows]
    found: dict[str, dict[str, Any]] = {
        name: {
            "weights_bytes": count_weight_bytes(arm.local.network),
            "seconds": {what: [] for what in TIMED},
        }
        for name, arm in loaded.items()
    }
    for turn in range(options.rounds + 1):  # the first one warms up
        for name, arm in loaded.items():
            for what, work in works(arm, questions, options.tokens).items():
                begun = time.process_time()
                work()
                if turn:
                    found[name]["seconds"][what].append(time.process_time() - begun)
    return found


def works(arm: Any, questions: list[str], tokens: int) -> dict[str, Callable[[], Any]]:
    from assay.core.types import Example, Message

    model, labels = arm.local, arm.inner.task.labels
    prompts = [
        arm.prompt(Example(str(i), (Message("user", text),))) for i, text in enumerate(questions)
    ]

    def write(some: list[Any]) -> Any:
        kept = model.chat
        model.chat = Endless(kept.tokenizer, kept.max_length)
        try:
            return model.generate(some, max_tokens=tokens)
        finally:
            model.chat = kept

    return {
        "labels": lambda: model.score(prompts, labels),
        "tokens": lambda: write(prompts),
        "labels, alone": lambda: [model.score([one], labels) for one in prompts[:8]],
        "tokens, alone": lambda: [write([one]) for one in prompts[:4]],
    }


# --- what is said ---------------------------------------------------------------------------------


def ratios(found: dict[str, Any], teacher: str) -> dict[str, dict[str, float]]:
    """Of each arm: how many times as fast as the teacher, by what is timed."""
    base = found[teacher]["seconds"]
    return {
        name: {what: median(base[what]) / median(one["seconds"][what]) for what in TIMED}
        for name, one in found.items()
    }


def table(found: dict[str, Any], teacher: str) -> str:
    lines = [
        "| arm | accuracy | to the teacher, points | same answers "
        "| labels | tokens | labels, alone | tokens, alone | weights MB | disk MB | fit s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        gap = "" if name == teacher else "{} ({} to {})".format(*map(points, one["difference"]))
        speed = [f"{ratio:.2f}x" for ratio in ratios(found, teacher)[name].values()]
        sizes = [f"{one[key] / 1e6:.0f}" for key in ("weights_bytes", "disk_bytes")]
        cells = [name, f"{one['accuracy']:.3f}", gap, f"{100 * one['same']:.0f} %", *speed, *sizes]
        lines.append(f"| {' | '.join([*cells, format(one['fit_seconds'], '.0f')])} |")
    return "\n".join(lines)


def claims(found: dict[str, Any], teacher: str) -> list[str]:
    """Each claim with what was found."""
    speed, student = ratios(found, teacher)["student"], found["student"]
    share = (
        round(student["accuracy"] / found[teacher]["accuracy"], 9)
        if found[teacher]["accuracy"]
        else 0.0
    )
    lost = 0.0 - 100 * found["int8"]["difference"][0]
    rows = [
        (f"the student keeps {share:.0%} of the score, at least {SHARE:.0%}", share >= SHARE),
        (
            f"it scores labels {speed['labels']:.2f} times as fast, at least {SCORING}",
            speed["labels"] >= SCORING,
        ),
        (
            f"it writes {speed['tokens']:.2f} times as fast, at least {WRITING}",
            speed["tokens"] >= WRITING,
        ),
        (f"8 bits lose {lost:.1f} points, at most {POINTS:.0f}", lost <= POINTS),
    ]
    return [f"- {'held' if held else 'MISSED'}: {text}" for text, held in rows]


if __name__ == "__main__":
    sys.exit(main())
