"""Reading before learning: some epochs over the project's documents with the weights that the task
is then learnt with.

What it is for   a base that has not seen the domain's words and facts
How              `language_modelling` over all documents, in the same loop and with the same
                 settings but `epochs`. The weights of the last step are kept, for there is no val,
                 and the task begins from them
Killed           the run has a folder of its own and goes on from its last state, or from its result
                 once it has one
Source           Gururangan et al. (2020), Don't Stop Pretraining,
                 aclanthology.org/2020.acl-main.740
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from assay.core.store import Stage, write_tensors
from assay.core.types import Document, Lesson, Tell
from assay.models.inference.chat_model import ChatModel
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.distributed.process_group import Team
from assay.training.estimate.trial_run import run_or_rehearse
from assay.training.loop import Training
from assay.training.objectives.language_modelling import language_modelling, windows
from assay.training.run_states import EXTRA
from assay.training.settings import NetworkChange, Trained

RESULT = "read.safetensors"
UNIT = "reading step"  # of its progress: none of the task's


def read(lesson: Lesson, settings: Trained, model: ChatModel, change: NetworkChange) -> None:
    """Learn the documents of the lesson; the network is left as the last step made it.

    Raises:
        TrainError, ResourceError, Stopped: as `run_or_rehearse`.
    """
    team = Team.of(settings.processes)
    stage = Stage(lesson.workdir, "reading", "documents")
    if not team.agree([float(team.leads and stage.completion_note() is not None)])[0]:
        scratch = stage.open() / "training"
        scratch.mkdir(exist_ok=True)
        _learn(lesson, settings, model, change, team, scratch)
        if team.leads:
            write_tensors(stage.folder / RESULT, _tensors(change))
            shutil.rmtree(scratch)
            stage.finish({})
    else:
        _put(change, stage.folder / RESULT)
    for weight in change.trained.values():
        weight.requires_grad_(True)
    if change.warmer:
        change.warmer()


def _learn(
    lesson: Lesson,
    settings: Trained,
    model: ChatModel,
    change: NetworkChange,
    team: Team,
    folder: Path,
) -> None:
    chat = replace(model.chat, max_length=min(settings.max_length, model.chat.max_length))
    parts = [(document, windows(chat, [document])) for document in lesson.documents]
    sequences = [sequence for _, some in parts for sequence in some]
    tokens, epochs = sum(len(sequence.ids) for sequence in sequences), settings.read_first
    if team.leads:
        text = (
            f"{settings.kind} first reads the documents: {tokens:,} tokens in {epochs}"
            f" epoch{'s' * (epochs > 1)}"
        )
        lesson.tell({"event": "note", "text": text})
    training = Training(
        network=model.network,
        # What a method does by the step of a run, such as giving up ranks, belongs to the task.
        change=replace(change, after=None),
        sequences=sequences,
        sources=_sources(parts),
        settings=settings.model_copy(update={"epochs": settings.read_first}),
        seed=lesson.seed,
        pad=chat.tokenizer.pad_token_id or chat.tokenizer.eos_token_id,
        objective=language_modelling,
        held=(),
        evaluate=None,
        workdir=folder,
        tell=_apart(lesson.tell),
        team=team,
    )
    run_or_rehearse(training)


def _sources(parts: list[tuple[Document, list[Encoded]]]) -> list[str]:
    return [document.source or document.id for document, some in parts for _ in some]


def _apart(tell: Tell) -> Callable[[dict[str, Any]], None]:
    """`tell` for the steps of reading: how the task is learnt is another curve, and has the words
    for how it went."""

    def forward_event(event: dict[str, Any]) -> None:
        if event["event"] == "evaluation":
            return
        if event["event"] == "progress" and event["unit"] == "step":
            values = {name: value for name, value in event["values"].items() if name != "fit"}
            event = {**event, "unit": UNIT, "values": values}
        tell(event)

    return forward_event


def _tensors(change: NetworkChange) -> dict[str, torch.Tensor]:
    return {**change.trained, **{EXTRA + name: tensor for name, tensor in change.extra.items()}}


def _put(change: NetworkChange, file: Path) -> None:
    tensors = load_file(file)
    with torch.no_grad():
        for name, tensor in _tensors(change).items():
            tensor.copy_(tensors[name])
