"""The peer of writing a round of answers: TRL's GRPOTrainer with PEFT's LoRA, which writes several
answers to each question for each "go".

Runs in the peer's interpreter and imports nothing of assay. The prompts come tokenised, so that
both sides read the same tokens.
"""

from __future__ import annotations

import tempfile
import time
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging
from trl import GRPOConfig, GRPOTrainer

from turns import Turns


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    torch.manual_seed(job["seed"])
    logging.disable_progress_bar()
    network = AutoModelForCausalLM.from_pretrained(
        job["model"], dtype=getattr(torch, job["dtype"]), attn_implementation="sdpa"
    )
    with tempfile.TemporaryDirectory() as place:
        trainer = GRPOTrainer(
            model=network,
            args=arguments(job, place),
            reward_funcs=nothing,
            train_dataset=Dataset.from_list([{"prompt": "a"}] * len(job["prompt_ids"])),
            processing_class=AutoTokenizer.from_pretrained(job["model"]),
            peft_config=LoraConfig(
                r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"
            ),
        )
        trainer.model.eval()
        ids = [list(own) for own in job["prompt_ids"] for _ in range(job["samples"])]
        trainer.generation_config.max_new_tokens = 2
        write(trainer, ids, job)
        trainer.generation_config.max_new_tokens = job["most"]
        turns.say(ready=True)
        while turns.wait():
            begun = time.process_time()
            written = write(trainer, ids, job)
            tokens = sum(map(len, written))
            told = {"samples": len(written), "tokens": tokens}
            turns.say(seconds=turns.seconds, processor=time.process_time() - begun, **told)


def write(trainer: Any, ids: list[list[int]], job: dict[str, Any]) -> list[list[int]]:
    """In parts of so many rows, as the trainer does with a smaller batch."""
    size = job["options"].get("rows", len(ids))
    written: list[list[int]] = []
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        written += trainer._generate_single_turn(part, None, {}, job["samples"])[0]
    return written


def nothing(completions: list[Any], **_: Any) -> list[float]:
    return [0.0] * len(completions)


def arguments(job: dict[str, Any], place: str) -> GRPOConfig:
    return GRPOConfig(
        output_dir=place,
        per_device_train_batch_size=len(job["prompt_ids"]) * job["samples"],
        num_generations=job["samples"],
        max_completion_length=job["most"],
        temperature=1.0,
        top_k=0,
        bf16=False,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        seed=job["seed"],
    )


if __name__ == "__main__":
    main()
