"""What dropout on a shared beginning changes: a token tree draws once where separate sequences draw
several times.

    python benchmarks/dropout.py [--draws 24] [--rows 8] [--batches 12]

The gradient of LoRA on SmolLM2 for the same rows of examples/intents, again and again with other
draws, as a tree and as separate sequences. Three numbers, each as a share of the norm of the
gradient without dropout: how far the means of the two ways are apart (and how far apart two halves
of one way are, which is what chance gives); how widely the draws of each scatter around their mean;
and how widely gradients scatter from batch to batch, which is the noise that training has anyway.
Writes benchmarks/out/dropout.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from assay.config import make_strategy
from assay.core import store
from assay.core.types import Example, Lesson, Means, Message, Task
from assay.models.loading.find import find
from assay.models.open import load_model
from assay.strategies.training.trained_arm import sequences_of
from assay.training.objectives.completion import completion
from assay.training.optim.embedding_noise import EmbeddingNoise
from assay.training.training_data import Exercise
from contest import processor

HERE = Path(__file__).parent
TICKETS = HERE.parent / "examples" / "intents" / "tickets.jsonl"
INSTRUCTION = (
    "Say what the reader of a public library wants, by the name of the desk that deals with it."
)
BASE = "smollm2-135m"
# What is dropped: inputs of the LoRA matrices; or noise on the embeddings (NEFTune, alpha 5).
WAYS: dict[str, dict[str, Any]] = {"dropout 0.1": {"dropout": 0.1}, "neftune 5": {"noise": 5.0}}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--draws", type=int, default=24)
    parser.add_argument("--rows", type=int, default=8, help="rows of a batch")
    parser.add_argument("--batches", type=int, default=12, help="for the noise from batch to batch")
    options = parser.parse_args()
    found = {}
    for name, settings in WAYS.items():
        found[name] = measured(settings, options.rows, options.draws, options.batches)
        print(
            name,
            *(f"{key} {value:.3f}" for key, value in found[name].items()),
            sep="  ",
            flush=True,
        )
    told = {
        "processor": processor(),
        "base": BASE,
        **vars(options),
        "shares of the gradient's norm": found,
    }
    store.write_json(HERE / "out" / "dropout.json", told)


def measured(settings: dict[str, Any], rows: int, draws: int, batches: int) -> dict[str, float]:
    still, moved = exercises({}), exercises(settings)
    first = list(range(rows))
    norm = gradient(still["tree"], [first]).norm()
    separate = [[row] for row in first]
    drawn = {
        "tree": stacked(moved["tree"], [first], draws),
        "separate": stacked(moved["apart"], separate, draws),
    }
    means = {way: gradients.mean(0) for way, gradients in drawn.items()}
    halves = [gradients[half::2].mean(0) for gradients in (drawn["tree"],) for half in (0, 1)]
    others = torch.stack(
        [gradient(still["tree"], [list(range(rows * b, rows * (b + 1)))]) for b in range(batches)]
    )
    return {
        "means apart": float((means["tree"] - means["separate"]).norm() / norm),
        "halves of the tree's draws apart": float((halves[0] - halves[1]).norm() / norm),
        **{
            f"scatter of draws, {way}": float(scatter(gradients) / norm)
            for way, gradients in drawn.items()
        },
        "scatter of batches": float(scatter(others) / norm),
    }


def scatter(gradients: torch.Tensor) -> torch.Tensor:
    """Root of the mean squared distance from the mean, unbiased."""
    return ((gradients - gradients.mean(0)).square().sum() / (len(gradients) - 1)).sqrt()


def stacked(exercise: Exercise, parts: list[list[int]], draws: int) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.stack([gradient(exercise, parts) for _ in range(draws)])


def exercises(settings: dict[str, Any]) -> dict[str, Exercise]:
    """LoRA with matrices that are not zero, the same for every call, on trees and on separate
    sequences."""
    base = load_model(find(BASE), "fp32")
    read = [json.loads(line) for line in TICKETS.read_text(encoding="utf-8").splitlines()]
    rows = tuple(Example(r["id"], (Message("user", r["text"]),), r["label"]) for r in read)
    task = Task(
        kind="classify", instruction=INSTRUCTION, labels=tuple(sorted({r["label"] for r in read}))
    )
    lesson = Lesson(task=task, train=rows, base=BASE, means=Means(open_model=lambda *_: base))
    strategy: Any = make_strategy(
        {"kind": "lora", "precision": "fp32", "compiled": "never", **settings}, {}
    )
    torch.manual_seed(5)
    model = strategy.open(lesson)
    change = strategy.change(model, lesson)
    with torch.no_grad():
        for weight in change.trained.values():
            if not weight.any():
                weight.normal_(std=0.02)
    model.network.train()
    sequences, pad = sequences_of(model.chat, task, rows), model.chat.tokenizer.pad_token_id
    noise = EmbeddingNoise(model.network, strategy.noise) if strategy.noise else None
    apart, tree = (
        Exercise(model.network, change, sequences, strategy, pad, completion, noise, trees=trees)
        for trees in (False, True)
    )
    return {"apart": apart, "tree": tree}


def gradient(exercise: Exercise, parts: list[list[int]]) -> torch.Tensor:
    """Of the loss summed over these groups of rows, as one vector."""
    trained = exercise.change.trained
    for weight in trained.values():
        weight.grad = None
    for part in parts:
        with exercise.at_work(part) as (loss, _):
            loss.value.backward()
    return torch.cat(
        [weight.grad.flatten() for weight in trained.values() if weight.grad is not None]
    )


if __name__ == "__main__":
    main()
