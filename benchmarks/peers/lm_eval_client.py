"""lm-eval as a client: `local-completions` against an address, and its `hf` backend. Runs in the
peer's interpreter and imports nothing of assay. Reads a job from standard input; the last line it
prints is the result."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OPENAI_API_KEY", "none")

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.models.openai_completions import LocalCompletionsAPI


def main() -> None:
    job = json.loads(sys.stdin.read())
    torch.set_num_threads(job["threads"])
    served = LocalCompletionsAPI(
        base_url=f"{job['address']}/v1/completions",
        model="base",
        tokenizer=job["model"],
        tokenizer_backend="huggingface",
        num_concurrent=4,
        add_bos_token=False,
    )
    plain = HFLM(
        pretrained=job["model"], dtype="float32", device="cpu", batch_size=4, add_bos_token=False
    )
    print(json.dumps({"served": asked(served, job), "hf": asked(plain, job)}))


def asked(model: Any, job: dict[str, Any]) -> dict[str, Any]:
    pairs = [(prompt, option) for prompt in job["prompts"] for option in job["options"]]
    likely = [Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pairs)]
    settings = {
        "until": ["\n\n"],
        "max_gen_toks": job["tokens"],
        "temperature": 0,
        "do_sample": False,
    }
    writes = [
        Instance("generate_until", {}, (p, dict(settings)), i) for i, p in enumerate(job["prompts"])
    ]
    return {
        "likelihoods": [[float(value), bool(flag)] for value, flag in model.loglikelihood(likely)],
        "texts": [text.strip() for text in model.generate_until(writes)],
    }


if __name__ == "__main__":
    main()
