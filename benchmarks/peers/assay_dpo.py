"""assay's side of preference training: the real loop on pairs, one epoch for each "go". The
reference is computed before the first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from assay.config import make_strategy
from assay.core.types import Lesson, Means, Task
from assay.models.loading.find import LocalModel
from assay.models.open import load_model
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.loop import Training
from assay.training.objectives.preference import UNWANTED, WANTED, preference
from turns import Done, Turns, until_done


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    torch.manual_seed(job["seed"])
    model = load_model(LocalModel(Path(job["model"]), "smollm2-135m", "", "", "", 8192))
    model.network.to(getattr(torch, job["dtype"]))
    strategy: Any = make_strategy(
        {
            "kind": "lora",
            "batch_size": job["batch"],
            "learning_rate": job["learning_rate"],
            "schedule": "constant",
            "warmup": 0,
            "epochs": job["rounds"],
            **job["strategy"],
        },
        {},
    )
    change = strategy.change(model, Lesson(Task(), means=Means(job["seed"])))
    pairs = [encode(pair) for pair in job["pairs"]]
    with tempfile.TemporaryDirectory() as place, until_done():
        Training(
            network=model.network,
            change=change,
            sequences=pairs,
            sources=[str(i) for i in range(len(pairs))],
            settings=strategy,
            seed=job["seed"],
            pad=model.chat.tokenizer.pad_token_id or model.chat.tokenizer.eos_token_id,
            objective=preference("dpo", beta=job["beta"]),
            held=[],
            evaluate=None,
            workdir=Path(place),
            tell=Rounds(turns, -(-len(pairs) // job["batch"])).tell,
            save_every=float("inf"),
            refers=True,
        ).run()


def encode(pair: dict[str, list[int]]) -> Encoded:
    prompt = pair["prompt_ids"]

    def sequence(name: str, label: int, beside: tuple[Encoded, ...] = ()) -> Encoded:
        ids = [*prompt, *pair[name]]
        return Encoded(ids, ((len(prompt), len(ids)),), label=label, beside=beside)

    return sequence("chosen_ids", WANTED, (sequence("rejected_ids", UNWANTED),))


class Rounds:
    """The loop's `tell`: holds the loop before the first step and after each epoch until the parent
    says go on."""

    def __init__(self, turns: Turns, steps: int):
        self.turns, self.steps = turns, steps
        self.losses: list[float] = []

    def tell(self, event: dict) -> None:
        if event.get("event") != "progress":
            return
        if event["unit"] != "step":
            if event["done"] == event["total"]:  # the reference is there
                self.turns.say(ready=True)
                self._wait()
            return
        self.losses.append(event["values"]["train"])
        if event["done"] % self.steps == 0:
            self.turns.say(seconds=self.turns.seconds, losses=self.losses)
            self.losses = []
            self._wait()

    def _wait(self) -> None:
        if not self.turns.wait():
            raise Done


if __name__ == "__main__":
    main()
