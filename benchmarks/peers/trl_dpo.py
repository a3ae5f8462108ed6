"""The peer of preference training: TRL's DPOTrainer with PEFT's LoRA on the pairs it is given, one
epoch for each "go". The reference is computed before the first.

Runs in the peer's interpreter and imports nothing of assay. The pairs come tokenised, so that both
sides learn the same tokens.
"""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from transformers.utils import logging
from trl import DPOConfig, DPOTrainer

from turns import Done, Turns, until_done


class Rounds(TrainerCallback):
    """Stops the trainer between epochs until the parent says go on."""

    def __init__(self, turns: Turns):
        self.turns = turns
        self.losses: list[float] = []
        self.margins: list[float] = []

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 0:
            self.turns.say(ready=True)
        if not self.turns.wait():
            raise Done
        self.losses, self.margins = [], []

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs:
            self.losses.append(logs["loss"])

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.turns.say(seconds=self.turns.seconds, losses=self.losses)


class Pairs(DPOTrainer):
    """DPOTrainer that takes pairs tokenised as they are."""

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


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
        run = Pairs(
            model=network,
            args=arguments(job, place),
            train_dataset=Dataset.from_list(job["pairs"]),
            processing_class=AutoTokenizer.from_pretrained(job["model"]),
            peft_config=LoraConfig(
                r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"
            ),
            callbacks=[Rounds(turns)],
        )
        with until_done():
            run.train()
            turns.wait()


def arguments(job: dict[str, Any], place: str) -> DPOConfig:
    options, batch = job["options"], job["batch"]
    split = options.get("accumulate", 1)
    return DPOConfig(
        output_dir=place,
        num_train_epochs=job["rounds"],
        per_device_train_batch_size=batch // split,
        gradient_accumulation_steps=split,
        max_length=None,
        beta=job["beta"],
        precompute_ref_log_probs=options.get("precompute", True),
        activation_checkpointing=options.get("checkpointing", False),
        learning_rate=job["learning_rate"],
        lr_scheduler_type="constant",
        max_grad_norm=1.0,
        weight_decay=0.0,
        optim="adamw_torch",
        bf16=False,
        use_cpu=True,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=job["seed"],
    )


if __name__ == "__main__":
    main()
