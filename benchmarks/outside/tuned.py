"""Tuning the encoder with transformers' own Trainer: batches, epochs, the best epoch on val.

Defaults from   Devlin et al. (2019), arxiv.org/abs/1810.04805: 2e-5 to 5e-5, 2 to 4 epochs; small
                sets take more epochs (Mosbach et al. 2021, arxiv.org/abs/2006.04884), and an
                encoder of six layers a higher rate
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from given import LONGEST, Given, minilm

RATE, EPOCHS, BATCH = 1e-4, 12, 16
Said = Callable[[Any], list[Any]]


def arguments(given: Given, **more: Any) -> Any:
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=tempfile.mkdtemp(), learning_rate=RATE, num_train_epochs=EPOCHS, warmup_steps=20,
        per_device_train_batch_size=BATCH, per_device_eval_batch_size=64, weight_decay=0.01,
        seed=given.seed,
        eval_strategy="epoch", save_strategy="epoch", save_total_limit=1, save_only_model=True,
        load_best_model_at_end=True, metric_for_best_model="value", greater_is_better=True,
        report_to="none",
        disable_tqdm=True, logging_strategy="no", use_cpu=True, **more,
    )  # fmt: skip


def patience(given: Given) -> list[Any]:
    """Two epochs without a gain on val end the training, and so does the time."""
    from transformers import EarlyStoppingCallback, TrainerCallback

    class Late(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            if given.late():
                control.should_training_stop = control.should_evaluate = control.should_save = True
            return control

    return [EarlyStoppingCallback(2), Late()]


def trained(
    given: Given, model: Any, data: Sequence[Any], collate: Any, value: Callable[[Any], float]
) -> list[Any]:
    """Train on the first part, choose on the second: what the best state predicts for the second
    and the third.

    Args:
        data: train, val, test as lists of encoded rows. value: predictions of val -> the metric.
    """
    from transformers import Trainer

    trainer = Trainer(
        model=model, args=arguments(given), train_dataset=data[0], eval_dataset=data[1],
        data_collator=collate,
        compute_metrics=lambda found: {"value": value(found.predictions)},
        callbacks=patience(given),
    )  # fmt: skip
    trainer.train()
    given.note["epochs"] = round(trainer.state.epoch or 0, 1)
    # it would hold the predictions of test against the targets of val
    trainer.compute_metrics = None
    return [trainer.predict(part).predictions for part in data[1:]]


def tuned(
    given: Given,
    model: Any,
    pairs: Callable[[Any], list[tuple[str, ...]]],
    targets: Sequence[Any],
    said: Said,
) -> tuple[list[Any], list[Any]]:
    """A model with one output vector a text, or a pair of texts.

    Args:
        pairs: rows -> a text, or two, of each. targets: of the training rows. said: logits ->
            answers.
    """
    from labels import simple_score
    from transformers import AutoTokenizer, DataCollatorWithPadding

    tokenizer = AutoTokenizer.from_pretrained(minilm())
    data = []
    for rows in (given.train, given.val, given.test):
        texts = [list(side) for side in zip(*pairs(rows), strict=True)]
        encoded = tokenizer(*texts, truncation=True, max_length=LONGEST)
        # val and test: a shape, never learnt
        labels = targets if rows is given.train else [targets[0]] * len(rows)
        data.append(
            [{**{k: encoded[k][i] for k in encoded}, "labels": labels[i]} for i in range(len(rows))]
        )
    collate = DataCollatorWithPadding(tokenizer)
    val, test = trained(
        given, model, data, collate, lambda logits: simple_score(given, said(np.asarray(logits)))
    )
    return said(np.asarray(val)), said(np.asarray(test))
