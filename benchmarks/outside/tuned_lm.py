"""A small language model tuned with TRL's SFTTrainer and a LoRA of PEFT, as its documentation shows
it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from given import Given, Row, smollm, text_of
from written import accepted


def target_of(row: Row) -> str:
    return row["label"] if "label" in row else accepted(row)[0]


def trl_lora(given: Given) -> tuple[list[str], list[str]]:
    """SmolLM2-135M-Instruct, rank 16, one epoch or as much as the time allows. Labels are chosen by
    likelihood, other answers written, 64 tokens at most."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Late(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            control.should_training_stop = control.should_training_stop or given.late()
            return control

    tokenizer, model = smollm()
    rows = Dataset.from_list([
        {"prompt": asked(row),
        "completion": [{"role": "assistant", "content": target_of(row)}]} for row in given.train
    ])  # fmt: skip
    arguments = SFTConfig(
        output_dir=tempfile.mkdtemp(), learning_rate=5e-4, num_train_epochs=3,
        per_device_train_batch_size=8,
        max_length=256, save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True,
        bf16=False,
        seed=given.seed, gradient_checkpointing=False, logging_strategy="no",
    )  # fmt: skip
    lora = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(
        model=model, args=arguments, train_dataset=rows, peft_config=lora,
        processing_class=tokenizer,
        callbacks=[Late()],
    )  # fmt: skip
    trainer.train()
    given.note["epochs"] = round(trainer.state.epoch or 0, 1)
    tuned: Any = trainer.model
    tuned.eval()
    return answers(given, tuned, tokenizer, given.val), answers(given, tuned, tokenizer, given.test)


def asked(row: Row) -> list[dict[str, str]]:
    return [{"role": "user", "content": text_of(row)[:1500]}]


def answers(given: Given, model: Any, tokenizer: Any, rows: Sequence[Row]) -> list[str]:
    """Greedy answers in batches; an answer that is no label becomes the label it begins like, or
    the first."""
    import torch

    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    found: list[str] = []
    for start in range(0, len(rows), 32):
        prompts = [
            tokenizer.apply_chat_template(asked(row), tokenize=False, add_generation_prompt=True)
            for row in rows[start : start + 32]
        ]
        batch = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.inference_mode():
            said = model.generate(
                **batch, max_new_tokens=12 if given.kind == "classify" else 64, do_sample=False
            )
        found += tokenizer.batch_decode(
            said[:, batch["input_ids"].shape[1] :], skip_special_tokens=True
        )
    found = [text.strip() for text in found]
    if given.kind != "classify":
        return found
    labels = given.labels
    return [
        one if one in labels else next((x for x in labels if one and x.startswith(one[:4])), "")
        for one in found
    ]


RECIPES = {"snips": (trl_lora,), "docs_issues": (trl_lora,), "gsm8k": (trl_lora,)}
