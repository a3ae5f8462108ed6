"""Which objective the settings ask for, told by what it makes of a batch."""

from dataclasses import replace

import pytest
import torch

from assay.strategies.training.lora import Lora
from assay.strategies.training.trained_arm import sequences_of
from assay.training.batch import TrainingBatch
from assay.training.objectives.completion import completion
from assay.training.objectives.factory import build_objective, teacher_of


@pytest.fixture
def given(lesson, open_tiny):
    def open_model(name="", precision="fp32"):
        model = open_tiny(name, precision)
        if name == "teacher":
            with torch.no_grad():
                model.network.model.norm.weight.mul_(1.5)
        return model

    told = []
    made = lesson("classify", open_model=open_model, tell=told.append)
    return made, made.open_base(), told


def lost(objective, given, model):
    sequences = sequences_of(model.chat, given.task, given.train[:4])
    batch = TrainingBatch.of(sequences, range(4), pad=0, device=torch.device("cpu"))
    with torch.no_grad():
        loss = objective(model.network, batch)
        plain = completion(model.network, batch)
    return float(loss.value), loss.count, float(plain.value), plain.count


def test_as_it_stands_the_answers_tokens_are_learnt_smoothed_where_asked(given):
    lesson, model, _ = given
    value, count, plain, tokens = lost(build_objective(Lora(), lesson, model), lesson, model)
    assert (value, count) == (plain, tokens)
    smoothed, *_ = lost(build_objective(Lora(label_smoothing=0.3), lesson, model), lesson, model)
    assert smoothed != plain


def test_a_label_set_learns_the_label_among_the_labels(given):
    lesson, model, _ = given
    objective = build_objective(Lora(objective="label_set"), lesson, model)
    value, count, plain, _ = lost(objective, lesson, model)
    # Rows are counted, not tokens; and what no label can go on with costs nothing.
    assert count == 4 and 0 < value < plain


def test_a_teacher_is_frozen_and_its_share_is_mixed_in(given):
    lesson, model, told = given
    settings = Lora(teacher="teacher", teacher_share=0.5)
    network = teacher_of(settings, lesson, model)
    assert not network.training and not any(w.requires_grad for w in network.parameters())
    value, _, plain, _ = lost(build_objective(settings, lesson, model), lesson, model)
    assert value != plain and told == []
    # A model that is its own teacher has nothing to learn from itself.
    alone = build_objective(Lora(teacher="itself", teacher_share=1.0), lesson, model)
    assert lost(alone, lesson, model)[0] == pytest.approx(0, abs=1e-4)


def test_a_teacher_that_takes_no_trees_puts_both_on_rows_and_it_is_said(given):
    lesson, model, told = given

    def open_model(name="", precision="fp32"):
        teacher = lesson.open_base(name)
        teacher.network.set_attn_implementation("sdpa")
        return teacher

    other = replace(lesson, means=replace(lesson.means, open_model=open_model))
    teacher_of(Lora(teacher="teacher"), other, model)
    assert model.network.config._attn_implementation == "sdpa"
    assert ["padded rows" in event["text"] for event in told] == [True]
