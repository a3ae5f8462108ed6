"""The peer of label scoring: lm-eval's hf backend asks for the likelihood of every option after
every prompt.

Runs in the peer's interpreter and imports nothing of assay. Each "go" scores the next few queries.
Before that the batch size is chosen: the fastest of a few on this machine.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from turns import Turns

SIZES = (1, 4, 8, 16, 32)


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    judge = HFLM(
        pretrained=job["model"], dtype=job["dtype"], device="cpu", batch_size=1, add_bos_token=False
    )
    pairs = [(prompt, option) for prompt in job["prompts"][:8] for option in job["options"]]
    same = all(judge.tok_encode(p["text"] + o["text"]) == p["ids"] + o["ids"] for p, o in pairs)
    size = fastest(judge, job)
    turns.say(ready=True, same_tokens=same, batch_size=size)
    done = 0
    while turns.wait() and done < len(job["prompts"]):
        prompts = job["prompts"][done : done + job["queries"]]
        scores = scored(judge, prompts, job["options"])
        turns.say(seconds=turns.seconds, first=done, queries=len(prompts), scores=scores)
        done += len(prompts)


def fastest(judge: HFLM, job: dict[str, Any]) -> int:
    """The batch size with the most sequences a second, each tried on one batch; growing until that
    is slower."""
    best, rate = 1, 0.0
    pairs = [
        (p["text"], o["text"]) for p in job["prompts"][: job["queries"]] for o in job["options"]
    ]
    for size in [size for size in SIZES if size <= len(pairs)]:
        judge.batch_size_per_gpu = size
        begun = time.perf_counter()
        likelihoods(judge, pairs[:size])
        speed = size / (time.perf_counter() - begun)
        if speed < 0.95 * rate:
            break
        if speed > rate:
            best, rate = size, speed
    judge.batch_size_per_gpu = best
    return best


def scored(
    judge: HFLM, prompts: list[dict[str, Any]], options: list[dict[str, Any]]
) -> list[list[float]]:
    """Log-likelihoods, (prompts, options)."""
    values = likelihoods(
        judge, [(prompt["text"], option["text"]) for prompt in prompts for option in options]
    )
    return [values[i : i + len(options)] for i in range(0, len(values), len(options))]


def likelihoods(judge: HFLM, pairs: list[tuple[str, str]]) -> list[float]:
    requests = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    return [value for value, _ in judge.loglikelihood(requests, disable_tqdm=True)]


if __name__ == "__main__":
    main()
