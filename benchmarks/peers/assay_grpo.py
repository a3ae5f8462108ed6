"""assay's side of writing a round of answers: several to each question, drawn, by a model with LoRA
on all linear layers, for each "go"."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from assay.config import make_strategy
from assay.core.types import Decoding, Lesson, Means, Message, Task
from assay.models.loading.find import LocalModel
from assay.models.open import load_model
from turns import Turns


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    model = load_model(LocalModel(Path(job["model"]), "smollm2-135m", "", "", "", 8192))
    model.network.to(getattr(torch, job["dtype"]))
    lora: Any = make_strategy({"kind": "lora"}, {})
    lora.change(model, Lesson(Task(), means=Means(job["seed"])))
    model.network.eval()
    prompts = [
        tuple(Message(role, text) for role, text in prompt)
        for prompt in job["prompts"]
        for _ in range(job["samples"])
    ]

    def write(number: int, most: int) -> list[Any]:
        how = Decoding(temperature=1.0, seed=job["seed"] + number)
        return model.sample(prompts, max_tokens=most, how=how)

    write(0, 2)
    turns.say(ready=True)
    number = 0
    while turns.wait():
        number += 1
        begun = time.process_time()
        written = write(number, job["most"])
        tokens = sum(len(one.tokens) for one in written)
        told = {"samples": len(written), "tokens": tokens}
        turns.say(seconds=turns.seconds, processor=time.process_time() - begun, **told)


if __name__ == "__main__":
    main()
