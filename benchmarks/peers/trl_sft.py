"""The peer of training: TRL's SFTTrainer with PEFT's LoRA on the rows it is given, one epoch for
each "go".

Runs in the peer's interpreter and imports nothing of assay. The rows come tokenised, so that both
sides learn the same tokens. Weights are loaded in the precision asked for rather than run under
autocast, which is slower.
"""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from transformers.utils import logging
from trl import SFTConfig, SFTTrainer

from turns import Done, Turns, until_done

CHECKED = 16  # rows whose loss before training is compared


class Rounds(TrainerCallback):
    """Stops the trainer between epochs until the parent says go on; counts what it computes."""

    def __init__(self, turns: Turns, tokens: int):
        self.turns = turns
        self.tokens = tokens
        self.trainer: Any = None
        self.losses: list[float] = []

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self.turns.wait():
            raise Done
        self.losses, self.trainer.computed = [], 0

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
        seconds = self.turns.seconds
        self.turns.say(
            seconds=seconds, tokens=self.tokens, computed=self.trainer.computed, losses=self.losses
        )


class Counting(SFTTrainer):
    """SFTTrainer that counts the tokens that go through the model, padding included."""

    computed = 0

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        self.computed += inputs["input_ids"].numel()
        return super().compute_loss(model, inputs, *args, **kwargs)


def main() -> None:
    turns = Turns.open()
    job = turns.job
    torch.set_num_threads(job["threads"])
    torch.manual_seed(job["seed"])
    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(job["model"])
    network = AutoModelForCausalLM.from_pretrained(
        job["model"], dtype=getattr(torch, job["dtype"]), attn_implementation="sdpa"
    )
    adapter = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    rows = [labelled(row) for row in job["rows"]]
    longest = sorted(rows, key=lambda row: -len(row["input_ids"]))[: job["batch"]]
    with tempfile.TemporaryDirectory() as place:

        def trainer(
            model: Any, rows: list[dict], epochs: int, peft_config: Any = None, watch: Any = ()
        ) -> Counting:
            return Counting(
                model=model,
                args=arguments(job, place, epochs),
                train_dataset=Dataset.from_list(rows),
                processing_class=tokenizer,
                peft_config=peft_config,
                callbacks=list(watch),
            )

        warm = trainer(network, longest, 1, adapter)
        before = loss_of(warm, rows[:CHECKED])
        state = {
            name: weight.detach().clone()
            for name, weight in warm.model.named_parameters()
            if weight.requires_grad
        }
        warm.train()
        with torch.no_grad():  # the step that warmed up is taken back
            for name, weight in warm.model.named_parameters():
                if name in state:
                    weight.copy_(state[name])
        rounds = Rounds(turns, job["tokens"])
        run = rounds.trainer = trainer(warm.model, rows, job["rounds"], watch=[rounds])
        turns.say(ready=True, loss=before)
        with until_done():
            run.train()
            turns.wait()


def labelled(row: dict[str, Any]) -> dict[str, list[int]]:
    learnt = {i for start, end in row["learnt"] for i in range(start, end)}
    return {
        "input_ids": row["ids"],
        "labels": [t if i in learnt else -100 for i, t in enumerate(row["ids"])],
    }


def arguments(job: dict[str, Any], place: str, epochs: int) -> SFTConfig:
    """The options of one variant. Packing fills one row with as many tokens as a batch has on
    average, so that an epoch keeps about as many steps."""
    options, batch = job["options"], job["batch"]
    packing = options.get("packing", False)
    mean = sum(len(row["ids"]) for row in job["rows"]) / len(job["rows"])
    split = 1 if packing else options.get("accumulate", 1)
    return SFTConfig(
        output_dir=place,
        num_train_epochs=epochs,
        per_device_train_batch_size=1 if packing else batch // split,
        gradient_accumulation_steps=split,
        packing=packing,
        max_length=max(round(mean * batch), max(len(row["ids"]) for row in job["rows"])),
        train_sampling_strategy="group_by_length" if options.get("grouped") else "random",
        gradient_checkpointing=options.get("checkpointing", False),
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


@torch.no_grad()
def loss_of(trainer: Counting, rows: list[dict[str, list[int]]]) -> float:
    """Mean loss a learnt token, without dropout or training."""
    trainer.model.eval()
    total = count = 0.0
    for row in rows:
        inputs = {name: torch.tensor([values]) for name, values in row.items()}
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        total += float(
            trainer.compute_loss(trainer.model, inputs, num_items_in_batch=torch.tensor(1))
        )
        count += sum(label != -100 for label in row["labels"])
    return total / count


if __name__ == "__main__":
    main()
