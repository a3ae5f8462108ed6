"""assay's side of label scoring: `ChatModel.score`, all queries at every "go"."""

from __future__ import annotations

from pathlib import Path

import torch

from assay.core.types import Message
from assay.models.inference.chat_model import LEFT
from assay.models.loading.find import LocalModel
from assay.models.open import load_model
from turns import Turns


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    model = load_model(LocalModel(Path(job["model"]), "smollm2-135m", "", "", "", 8192))
    model.network.to(getattr(torch, job["dtype"]))
    prompts = [
        tuple(Message(role, content) for role, content in p["messages"]) for p in job["prompts"]
    ]
    options = [option["label"] for option in job["options"]]
    left = 0.0 if job["all"] else LEFT
    same = all(
        list(model.chat.prompt(m)[0]) == p["ids"]
        for m, p in zip(prompts, job["prompts"], strict=True)
    )
    model.score(prompts[:2], options, left=left)
    turns.say(ready=True, same_tokens=same)
    while turns.wait():
        scores = model.score(prompts, options, left=left)
        turns.say(seconds=turns.seconds, first=0, queries=len(prompts), scores=scores.tolist())


if __name__ == "__main__":
    main()
