"""What the model says of the rows before it is trained: the reference that preference losses are
counted from. Computed once, and kept for a run that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from assay.core.store import read_json, write_json
from assay.models.tokenizer.chat_tokens import Encoded
from assay.training.objectives.preference import log_likelihoods
from assay.training.training_data import Exercise


def refer(exercise: Exercise, place: Path, tell: Callable[[dict[str, Any]], None]) -> list[Encoded]:
    """The exercise's sequences with their `reference`.

    Args:
        place: a file that the numbers are kept in.
    """
    if not place.exists():
        write_json(place, compute(exercise, tell))
    numbers = iter(read_json(place))
    return [_with(sequence, numbers) for sequence in exercise.sequences]


def _with(sequence: Encoded, numbers: Iterator[float]) -> Encoded:
    own = next(numbers)
    beside = tuple(_with(one, numbers) for one in sequence.beside)
    return replace(sequence, reference=own, beside=beside)


@torch.no_grad()
def compute(exercise: Exercise, tell: Callable[[dict[str, Any]], None]) -> list[float]:
    """The log-likelihoods of all sequences, in nats, row by row."""
    exercise.network.eval()
    found: dict[int, list[float]] = {}
    for rows in exercise.groups():
        sums, _ = log_likelihoods(exercise.network, exercise.batch(rows))
        numbers = iter(sums.tolist())
        found |= {row: [next(numbers) for _ in exercise.sequences[row].all] for row in rows}
        told = {"event": "progress", "done": len(found), "total": len(exercise.sequences)}
        tell({**told, "unit": "row of the reference"})
    return [number for row in range(len(exercise.sequences)) for number in found[row]]
