"""A look at val is one pass: its answers are the arm's, its losses those of the training's own
objective."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from assay.core.types import Example, Message, Task
from assay.strategies.training.lora import Lora
from assay.strategies.training.trained_arm import Tuned, sequences_of
from assay.strategies.training.val_look import ValLook
from assay.training.objectives.completion import completion
from assay.training.settings import NetworkChange
from assay.training.training_data import Exercise

LABELS = ("card", "card lost", "refund")
TASK = Task(kind="classify", instruction="Classify the message.", labels=LABELS)
ROWS = [
    Example(str(i), (Message("user", f"my {'taxi ' * (i % 5)}number {i}"),), LABELS[i % 3])
    for i in range(24)
]
CHOICES = Task(kind="choose", labels=("A", "B", "C"))


@pytest.fixture(scope="module")
def model(open_tiny):
    return open_tiny()


def laid_out(model, task=TASK, rows=ROWS):
    return ValLook(model, task, 8, rows, sequences_of(model.chat, task, rows))


def test_its_answers_are_the_arm_s_and_its_nats_the_loss(model):
    look = laid_out(model)
    assert look.tells_loss and look.nats() == []  # nothing was asked yet
    questions = [row.question for row in ROWS]
    arm = Tuned(model, TASK, 8, lambda folder: None)
    assert [a.text for a in look.answer_text(questions)] == [a.text for a in arm.answer(questions)]
    nats = look.nats()
    val = Exercise(
        model.network,
        NetworkChange({}, lambda folder: None, lambda folder: None),
        sequences_of(model.chat, TASK, ROWS),
        Lora(),
        0,
        completion,
    )
    assert val.mean(nats) == pytest.approx(val.mean(), rel=1e-5)
    alone = [completion(model.network, val.batch([row])) for row in range(len(ROWS))]
    assert nats == pytest.approx([float(loss.value) for loss in alone], rel=1e-5)


def test_what_was_asked_before_is_not_told_again_nor_a_part(model):
    look = laid_out(model)
    questions = [row.question for row in ROWS]
    look.answer_text(questions)
    first = look.nats()
    assert len(first) == len(ROWS) and look.nats() == []
    look.answer_text(questions[:5])
    assert look.nats() == []
    for part in (questions[:5], questions[5:]):
        look.answer(part)
    assert look.nats() == pytest.approx(first, rel=1e-5)


def test_letters_of_a_choice_are_told_too(model):
    rows = [
        Example(str(i), (Message("user", f"which {i}"),), "AB"[i % 2], options=("a red", "a blue"))
        for i in range(6)
    ]
    look = laid_out(model, CHOICES, rows)
    answers = look.answer_text([row.question for row in rows])
    assert {answer.text for answer in answers} <= {"A", "B"} and len(look.nats()) == 6


@pytest.mark.parametrize(
    "other",
    [
        "a further token is learnt",
        "the answer's end is not learnt",
        "another prompt",
        "a label that is none",
        "one text under two labels",
        "nothing",
    ],
)
def test_another_loss_is_not_told(model, other):
    rows, task = list(ROWS), TASK
    sequences = sequences_of(model.chat, task, rows)
    first = sequences[0]
    start, end = first.learnt[0]
    if other == "a further token is learnt":
        sequences[0] = replace(first, learnt=((start - 1, end),))
    elif other == "the answer's end is not learnt":
        sequences[0] = replace(first, learnt=((start, end - 1),))
    elif other == "another prompt":
        sequences[0] = replace(first, ids=[first.ids[1], *first.ids[1:]])
    elif other == "a label that is none":
        rows[0] = replace(rows[0], target="other")
    elif other == "one text under two labels":
        rows[1] = replace(rows[0], target=LABELS[1])
        sequences = sequences_of(model.chat, task, rows)
    else:
        sequences = []
    look = ValLook(model, task, 8, rows, sequences)
    assert not look.tells_loss
    assert len(look.answer_text([rows[0].question])) == 1 and look.nats() == []


def test_a_broken_network_has_a_broken_loss(open_tiny):
    model = open_tiny()
    with torch.no_grad():
        model.network.get_input_embeddings().weight.fill_(float("nan"))
    look = laid_out(model)
    look.answer_text([row.question for row in ROWS])
    assert np.isnan(look.nats()).all()
