"""How a rehearsal is asked for, and where it tells what it found: two files in the folder of a run.
Loads no torch."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.core.store import append, read_json, read_lines, write_json
from assay.training.estimate.usage import clock

REQUEST, RESULT = "rehearse.json", "rehearsed.jsonl"
# folders above the run's own in which a request is looked for: a strategy may train more than once
ABOVE = 3


def ask(folder: Path, *, done: int = 0, memory: int = 0) -> None:
    """Have the trainings in `folder` rehearsed.

    Args:
        done: steps that a killed run has behind it. memory: bytes that there are; 0: those of this
            machine.
    """
    write_json(folder / REQUEST, {"done": done, "memory": memory})


def find_request(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The folder of the request that a run in `folder` is under, and the request."""
    for place in (folder, *folder.absolute().parents[:ABOVE]):
        if (place / REQUEST).exists():
            return place, read_json(place / REQUEST)
    return None


def read_rehearsals(folder: Path) -> list[dict[str, Any]]:
    """What the trainings in `folder` have told, in order: see `Rehearsal.told`."""
    return list(read_lines(folder / RESULT)) if (folder / RESULT).exists() else []


@contextmanager
def part(folder: Path, name: str, times: float) -> Generator[None]:
    """Work of a fit in `folder` that is no training, done in part while it is rehearsed: it takes
    `times` what it takes inside the block."""
    found = find_request(folder)
    assert found is not None, "only a rehearsal does a part"
    begun = clock()
    yield
    took = clock() - begun
    told = {"seconds": {name: (times * took).tolist()}, "looks": 0, "scored": False, "disk": {}}
    append(found[0] / RESULT, {**told, "need": 0, "left": 0, "fits": [], "inside": took.tolist()})
