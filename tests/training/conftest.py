"""A training run that can be built again and again: twelve rows, two micro-batches a step, dropout.
LoRA is trained on token trees, all weights on padded rows, unless a test says otherwise."""

import pytest

ROWS = 12
STEPS = 6  # two epochs of three steps
SETTINGS = {
    "rank": 4,
    "epochs": 2,
    "batch_size": 4,
    "micro_tokens": 64,
    "dropout": 0.2,
    "learning_rate": 3e-3,
}


@pytest.fixture
def build(lesson, open_tiny, one_thread):
    """`build(folder)`: a `Training` of fresh adapters on the tiny model; `full=True`: of all
    weights, in bf16.

    `settings` are the method's; `rows` and `val` say how many there are; `before(model)` is called
    on the fresh base. Further arguments replace fields of `Training`.
    """
    import torch

    from assay.strategies.training.full import Full
    from assay.strategies.training.lora import Lora
    from assay.strategies.training.trained_arm import sequences_of
    from assay.tasks.prompt_format import ask
    from assay.training.loop import Training
    from assay.training.objectives.completion import completion

    given = lesson("classify")
    task = given.task

    def make(folder, *, full=False, settings=None, rows=ROWS, val=4, before=None, **fields):
        torch.manual_seed(7)
        train, held = given.train[:rows], given.val[:val]
        if full:
            own = {k: v for k, v in SETTINGS.items() if k not in ("rank", "dropout")}
            chosen = Full(**{**own, "trees": False, **(settings or {})})
            model = open_tiny(dtype=torch.bfloat16)
        else:
            chosen = Lora(**{**SETTINGS, **(settings or {})})
            model = open_tiny()
        if before:
            before(model)
        change = chosen.change(model, given)

        def evaluate():
            scores = model.score([ask(task, row) for row in held], task.labels)
            return float(
                sum(
                    task.labels[i] == row.target
                    for i, row in zip(scores.argmax(1), held, strict=True)
                )
            )

        defaults = {
            "network": model.network,
            "change": change,
            "sequences": sequences_of(model.chat, task, train),
            "sources": [row.source for row in train],
            "settings": chosen,
            "seed": 3,
            "pad": model.chat.tokenizer.pad_token_id,
            "objective": completion,
            "held": sequences_of(model.chat, task, held),
            "evaluate": evaluate,
            "workdir": folder,
            "tell": lambda event: None,
        }
        return Training(**{**defaults, **fields})

    return make
