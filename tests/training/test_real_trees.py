"""On SmolLM2 in fp32, whatever is trained: a token tree has the loss and the gradients of the
separate sequences."""

import copy
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from assay.config import make_strategy
from assay.core.types import Example, Lesson, Means, Message, Task
from assay.core.words import TOKEN
from assay.strategies.catalogue import PRESETS
from assay.strategies.training import METHODS
from assay.strategies.training.head import Head, prompts_of
from assay.strategies.training.token_head import TokenHead, tags_of, texts_of
from assay.strategies.training.trained_arm import sequences_of
from assay.training.objectives.classification import classification
from assay.training.objectives.completion import completion
from assay.training.objectives.tagging import tagging
from assay.training.training_data import Exercise
from helpers.nights import nightly_but

pytestmark = pytest.mark.real

BASE = "smollm2-135m"
TICKETS = Path(__file__).parents[2] / "examples" / "intents" / "tickets.jsonl"
# The heads: with layers below it, so that its gradients go through the tree too.
SETTINGS = {
    "head": {"layers": 2},
    "token_head": {"layers": 2},
    "adalora": {"start_rank": 6, "rank": 4},
    **{
        kind: {"reward": "exact"} for kind in ("policy_optimisation", "grpo", "rloo", "ppo", "raft")
    },
}
DAILY = ("lora",)  # others have their trees on small models by day
KINDS = [*(cls.model_fields["kind"].default for cls in METHODS), *PRESETS]


@pytest.fixture(scope="module")
def base():
    """SmolLM2 in fp32."""
    from assay.models.loading.find import find
    from assay.models.open import load_model

    return load_model(find(BASE), "fp32")


@pytest.fixture
def lesson(base, tmp_path):
    """Two tickets under one instruction; the model is a copy that may be changed."""
    from assay.models.inference.chat_model import ChatModel

    read = [json.loads(line) for line in TICKETS.read_text(encoding="utf-8").splitlines()]
    rows = [Example(r["id"], (Message("user", r["text"]),), r["label"]) for r in read[:2]]
    task = Task(
        kind="classify",
        instruction="Say what the reader of"
        " a public library wants, by the name of the desk that deals with it.",
        labels=tuple(sorted({r["label"] for r in read})),
    )

    def open_model(name, precision="auto"):
        return ChatModel(base.name, copy.deepcopy(base.network), base.chat)

    means = Means(workdir=tmp_path, seed=3, open_model=open_model)
    return Lesson(task=task, train=tuple(rows), base=BASE, means=means)


def changed(strategy, model, lesson):
    """(what is trained, objective, sequences). Matrices that start at zero are moved, so that what
    they are multiplied with gets a gradient too."""
    if isinstance(strategy, Head):
        layer, change = strategy._build_head(model, lesson)
        objective = classification(layer, strategy.state)
        sequences = prompts_of(model.chat, lesson.task, lesson.train, strategy.state)
    elif isinstance(strategy, TokenHead):
        # The label's words stand in no ticket; the last word of each is called a piece.
        rows = [replace(row, target=f"end: {TOKEN.findall(row.text)[-1]}") for row in lesson.train]
        layer, change = strategy._build_head(
            model, replace(lesson, train=tuple(rows)), tags_of(rows)
        )
        objective = tagging(layer)
        sequences = texts_of(model.chat, lesson.task, rows, tags_of(rows), strategy.twice)
    else:
        change, objective = strategy.change(model, lesson), partial(completion)
        sequences = sequences_of(model.chat, lesson.task, lesson.train)
    with torch.no_grad():
        for weight in change.trained.values():
            if not weight.any():
                weight.normal_(std=0.02)
    return change, objective, sequences


def learnt(exercise, parts):
    """The summed loss of these groups of rows, and its gradient as one vector a trained
    parameter."""
    trained = exercise.change.trained
    for weight in trained.values():
        weight.grad = None
    total = 0.0
    for rows in parts:
        with exercise.at_work(rows) as (loss, _):
            loss.value.backward()
        total += float(loss.value.detach())
    return total, {name: weight.grad for name, weight in trained.items()}


@pytest.mark.parametrize("kind", nightly_but(DAILY, KINDS))
def test_losses_and_gradients_are_those_of_separate_sequences(lesson, kind):
    torch.manual_seed(5)
    own = make_strategy({"kind": kind, "precision": "fp32", **SETTINGS.get(kind, {})}, {})
    still = {"dropout": 0.0} if "dropout" in type(own).model_fields else {}
    strategy = own.model_copy(update=still)
    model = strategy.open(lesson)
    change, objective, sequences = changed(strategy, model, lesson)
    model.network.train()
    pad = model.chat.tokenizer.pad_token_id
    apart, merged = (
        Exercise(model.network, change, sequences, strategy, pad, objective, trees=trees)
        for trees in (False, True)
    )
    batch = merged.batch([0, 1])
    assert batch.tree is not None and int(batch.real.sum()) < batch.separate
    loss, gradient = learnt(apart, [[0], [1]])
    found, others = learnt(merged, [[0, 1]])
    assert found == pytest.approx(loss, rel=1e-5)
    reached = [name for name, grad in gradient.items() if grad is not None]
    assert reached == [name for name, grad in others.items() if grad is not None]
    assert len(reached) == len(change.trained) and all(
        grad.dtype == torch.float32 for grad in gradient.values()
    )
    norm = torch.stack([gradient[name].norm() for name in reached]).norm()
    off = torch.stack([(gradient[name] - others[name]).norm() for name in reached]).norm()
    assert norm > 0 and float(off / norm) <= 1e-4
