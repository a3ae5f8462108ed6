"""How fast this machine trains and answers, in a few seconds: what `assay doctor` measures.

How       The small base of the catalogue, where it is at hand: `lora` as a run would train it,
          stopped after its share of the time; then greedy answers to a full batch. Where it is not,
          products of two matrices
Watch out one short look at a machine that may be busy: within 20 % of a quiet one's long run, not
          better. `assay run --plan` measures the strategies of a project themselves
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.core.errors import Stopped
from assay.core.types import Example, Lesson, Means, Message, Task

ROWS = 96
LABELS = ("refund", "delivery", "account")
TEXT = (
    "The parcel that I ordered on day {} has not come, and nobody at the counter could tell me"
    " where number {} is now."
)
SKIPPED = 2  # first steps, which reserve memory and compile
NEW = 32  # tokens of an answer
BATCH = 16  # questions
SIZE = 1024  # of the matrices


@dataclass(frozen=True)
class MachineSpeed:
    """Tokens a second; None where the base is not at hand. `gflops`: of 32-bit products, where
    nothing else could be measured."""

    model: str = ""
    training: float | None = None
    reading: float | None = None
    writing: float | None = None
    gflops: float | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {name: None if value is None else value for name, value in vars(self).items()}


def measure(name: str, *, seconds: float = 10.0) -> MachineSpeed:
    """Tokens a second with a model that is at hand.

    Args:
        name: as a project names it. seconds: that the measurement may take, loading not counted.

    Raises:
        ModelError, ResourceError: the model is refused, or is not here; nothing is fetched.
    """
    from assay.models.determinism import steady
    from assay.models.environment import threads
    from assay.models.loading.find import find
    from assay.models.open import load_model

    found = find(name, offline=True)
    steady(0, threads())
    begun = time.monotonic()
    model = load_model(found)
    reading, writing = _answering(model, seconds / 3)
    with tempfile.TemporaryDirectory() as place:
        means = Means(workdir=Path(place), open_model=lambda *asked: load_model(found, *asked[1:]))
        training = _training(
            Lesson(Task(labels=LABELS), _rows(), base=name, means=means), 2 * seconds / 3
        )
    return MachineSpeed(name, training, reading, writing, None, round(time.monotonic() - begun, 1))


def products(seconds: float = 2.0) -> MachineSpeed:
    """Products of two matrices in 32 bits, by the library that everything here computes with."""
    import numpy as np

    draw = np.random.default_rng(0)
    first, second = (draw.standard_normal((SIZE, SIZE), dtype=np.float32) for _ in range(2))
    begun, taken = time.monotonic(), []
    while time.monotonic() - begun < seconds or len(taken) < 3:
        at = time.perf_counter()
        first @ second
        taken.append(time.perf_counter() - at)
    return MachineSpeed(
        gflops=round(2 * SIZE**3 / min(taken) / 1e9, 1), seconds=round(time.monotonic() - begun, 1)
    )


def _rows() -> tuple[Example, ...]:
    texts = [(TEXT.format(i, 7 * i + 3), LABELS[i % len(LABELS)]) for i in range(ROWS)]
    return tuple(
        Example(f"row-{i}", (Message("user", text),), label)
        for i, (text, label) in enumerate(texts)
    )


def _training(lesson: Lesson, seconds: float) -> float | None:
    """Tokens a second in the middle of the steps that were done; None where not one was."""
    from assay.strategies.training.lora import Lora

    paces: list[float] = []
    begun = 0.0

    def hear(event: dict[str, Any]) -> None:
        nonlocal begun
        if event.get("event") != "progress" or event.get("unit") != "step":
            return
        begun = begun or time.monotonic()
        paces.append(event["values"]["tok/s"])
        if len(paces) > SKIPPED and time.monotonic() - begun > seconds:
            raise Stopped

    with suppress(Stopped):
        Lora(epochs=50, patience=50, compiled="never").fit(
            replace(lesson, means=replace(lesson.means, tell=hear))
        )
    return round(statistics.median(paces[SKIPPED:] or paces), 1) if paces else None


def _answering(model: Any, seconds: float) -> tuple[float, float]:
    """Tokens read and written a second: answers of one token, then of `NEW`, in a full batch."""
    prompts = [row.messages for row in _rows()[:BATCH]]
    read = _best(lambda: model.generate(prompts, max_tokens=1), seconds / 2)
    both = _best(lambda: model.generate(prompts, max_tokens=NEW), seconds / 2)
    prompt_tokens = sum(one.prompt_tokens for one in read[1])
    more = sum(one.tokens for one in both[1]) - sum(one.tokens for one in read[1])
    return round(prompt_tokens / read[0], 1), round(more / max(1e-6, both[0] - read[0]), 1)


def _best(work: Any, seconds: float) -> tuple[float, Any]:
    """(seconds of the quickest call, what the last one gave)."""
    begun, taken, found = time.monotonic(), [], None
    while not taken or time.monotonic() - begun < seconds:
        at = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - at)
    return min(taken), found
