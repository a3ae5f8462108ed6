"""A training run that can be built again and again: twelve rows, two micro-batches a step, dropout."""

import pytest

ROWS = 12
STEPS = 6  # two epochs of three steps
SETTINGS = {"rank": 4, "epochs": 2, "batch_size": 4, "micro_tokens": 80, "dropout": 0.2, "learning_rate": 3e-3}


@pytest.fixture
def build(lesson, open_tiny, one_thread):
    """`build(folder)`: a `Training` of fresh adapters on the tiny model; `full=True`: of all weights, in bf16.

    Further arguments replace fields of `Training`.
    """
    import torch
    from peft import LoraConfig, inject_adapter_in_model

    from assay.encode.wording import ask
    from assay.train import Full, Lora
    from assay.train.loop import Training
    from assay.train.objectives.completion import completion
    from assay.train.tuned import sequences_of

    given = lesson("classify")
    train, val, task = given.train[:ROWS], given.val[:6], given.task

    def make(folder, *, full=False, settings=None, **fields):
        torch.manual_seed(7)
        if full:
            chosen = Full(**{k: v for k, v in SETTINGS.items() if k not in ("rank", "dropout")}, **(settings or {}))
            model = open_tiny(dtype=torch.bfloat16)
            model.network.requires_grad_(True)
            trained = list(model.network.named_parameters())
        else:
            chosen = Lora(**{**SETTINGS, **(settings or {})})
            model = open_tiny()
            config = LoraConfig(r=chosen.rank, lora_dropout=chosen.dropout, target_modules="all-linear")
            inject_adapter_in_model(config, model.network)
            trained = [(name, p) for name, p in model.network.named_parameters() if p.requires_grad]

        def evaluate():
            scores = model.score([ask(task, row) for row in val], task.labels)
            return float(sum(task.labels[i] == row.target for i, row in zip(scores.argmax(1), val, strict=True)))

        defaults = {
            "network": model.network,
            "trained": trained,
            "sequences": sequences_of(model.chat, task, train),
            "sources": [row.source for row in train],
            "settings": chosen,
            "seed": 3,
            "pad": model.chat.tokenizer.pad_token_id,
            "objective": completion,
            "held": sequences_of(model.chat, task, val),
            "evaluate": evaluate,
            "workdir": folder,
            "tell": lambda event: None,
        }
        return Training(**{**defaults, **fields})

    return make
