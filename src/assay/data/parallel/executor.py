"""Run the steps over all rows: here, on several processes, or on a Ray cluster; the fates are the
same wherever.

How       row steps that follow each other are one pass, and each row goes through all of them at
          once, a chunk of rows at a time. A set step looks at all rows and stays in this process,
          as does a row step that asks for what cannot travel (a model) or that is not one of
          `STEPS`
Pays      the first rows of a pass are timed. A pass that takes seconds is spread over the cores,
          and what is done of it is kept on disk; a shorter one runs here and leaves nothing behind,
          since starting processes takes a second
Resumed   the chunks that an earlier run has left, then the rest; the size of a chunk depends on the
          rows alone
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import cast

from assay.core.errors import DataError, Problem
from assay.core.processes import error_from_json
from assay.core.types import Example, Means, RowStep, SetStep, Tell
from assay.data.parallel.checkpoint import PassCheckpoint
from assay.data.parallel.outcomes import Fate, decode_line, encode_line, from_json, of_rows, of_set
from assay.data.parallel.pool import Hands, Lost
from assay.data.parallel.ray_executor import OnRay
from assay.data.steps import STEPS

Step = RowStep | SetStep
PAYS = 4.0  # seconds: a few times what starting processes takes
LARGEST, SMALLEST, CHUNKS = 2000, 50, 64  # rows of a chunk; chunks that a pass is meant to have
TRIED, TRY_SECONDS = 100, 0.3  # rows that are timed at most
TELL_EVERY = 0.2  # seconds between two progress events


@dataclass(frozen=True)
class Scale:
    """Where the steps run, and where what is done is kept."""

    processes: int = 0  # 0: as many as there are cores, where it pays; 1: this process alone
    ray: str = ""  # "local", "auto" or the address of a cluster; "": none
    folder: Path | None = None  # of the stage; None: nothing is kept of a run that is killed
    pays: float = PAYS  # seconds from which a pass is spread and kept
    chunk: int = 0  # rows; 0: by their number


def passes(steps: Sequence[Step]) -> list[tuple[Step, ...]]:
    """The steps as passes, in order: row steps that follow each other and run in the same place, or
    one set step."""
    made: list[tuple[Step, ...]] = []
    for step in steps:
        before = made[-1][-1] if made else None
        if (
            isinstance(step, RowStep)
            and isinstance(before, RowStep)
            and travels(step) == travels(before)
        ):
            made[-1] = (*made[-1], step)
        else:
            made.append((step,))
    return made


def travels(step: RowStep) -> bool:
    """May it run in another process? Settings, seed and key can be sent; a model cannot."""
    return type(step) in STEPS and set(step.wants()) <= {"key"}


class StepExecutor:
    """The passes of one curation. A context manager: processes and Ray are started when first
    needed, and ended."""

    def __init__(self, scale: Scale, means: Means, tell: Tell):
        self._scale, self._means, self._tell = scale, means, tell
        self._number = 0
        self._others: Hands | OnRay | None = None

    def __enter__(self) -> "StepExecutor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._others is not None:
            self._others.end()

    def fates(
        self, steps: tuple[Step, ...], examples: Sequence[Example], *, official: bool = False
    ) -> Iterator[Fate]:
        """What one of `passes` does to the rows, in order.

        Raises:
            DataError: D067, a process ended; D068, there is no Ray. Whatever a step raises.
        """
        self._number += 1
        size = self._scale.chunk or min(LARGEST, max(SMALLEST, len(examples) // CHUNKS))
        if isinstance(steps[0], SetStep):
            size = max(1, len(examples))
        kept = None
        if self._scale.folder is not None:
            kept = PassCheckpoint(
                self._scale.folder / f"pass-{self._number}.part", steps, examples, size
            )
            for number, fates in enumerate(kept.read_chunks()):
                yield from _from(number * size, fates)
        start = kept.chunks * size if kept else 0
        if start < len(examples):
            told = _Told("+".join(step.kind for step in steps), start, len(examples), self._tell)
            if isinstance(steps[0], SetStep):
                yield from self._set(steps[0], examples, kept, told)
            else:
                rows = cast("tuple[RowStep, ...]", steps)
                yield from self._rows(rows, examples, start, size, official, kept, told)

    def _set(
        self, step: SetStep, examples: Sequence[Example], kept: PassCheckpoint | None, told: "_Told"
    ) -> list[Fate]:
        begun = time.monotonic()
        fates = [fate for fate in told.each(of_set(step, examples, self._means)) if fate]
        if kept is not None and time.monotonic() - begun >= self._scale.pays:
            with kept.growing() as add:
                add(fates)
        return fates

    def _rows(
        self,
        steps: tuple[RowStep, ...],
        examples: Sequence[Example],
        start: int,
        size: int,
        official: bool,
        kept: PassCheckpoint | None,
        told: "_Told",
    ) -> Iterator[Fate]:
        long = start > 0 or self._seconds(steps, examples[start:]) >= self._scale.pays
        others = self._helpers(steps, len(examples) - start > size, long)
        chunks = (examples[at : at + size] for at in range(start, len(examples), size))
        if others is None:
            done = (list(of_rows(steps, rows, self._means, official)) for rows in chunks)
        else:
            done = self._send_chunks(others, steps, chunks, official, (start, size, examples))
        with kept.growing() if kept is not None and long else nullcontext(_nothing) as add:
            for number, fates in enumerate(done):
                add(fates)
                yield from _from(start + number * size, fates)
                told.advance(min(start + (number + 1) * size, len(examples)))

    def _seconds(self, steps: tuple[RowStep, ...], examples: Sequence[Example]) -> float:
        """What the pass would take in this process. The first row is not timed: it loads what the
        steps need."""
        if self._scale.pays <= 0 or len(examples) < 3:
            return 0.0
        list(of_rows(steps, examples[:1], self._means, False))
        begun, tried = time.perf_counter(), 0
        for example in examples[1 : TRIED + 1]:
            list(of_rows(steps, (example,), self._means, False))
            tried += 1
            if time.perf_counter() - begun > TRY_SECONDS:
                break
        return (time.perf_counter() - begun) / tried * len(examples)

    def _helpers(
        self, steps: tuple[RowStep, ...], several: bool, long: bool
    ) -> "Hands | OnRay | None":
        """Who else works on this pass; what the user asked for is done, but not for a single
        chunk."""
        scale = self._scale
        if not several or not travels(steps[0]) or not (long or scale.ray or scale.processes > 1):
            return None
        count = scale.processes or cores()
        if self._others is None and scale.ray:
            self._others = OnRay(scale.ray, scale.processes)
        elif self._others is None and count > 1:
            self._others = Hands(count)
        return self._others

    def _send_chunks(
        self,
        others: "Hands | OnRay",
        steps: tuple[RowStep, ...],
        chunks: Iterable[Sequence[Example]],
        official: bool,
        place: tuple[int, int, Sequence[Example]],
    ) -> Iterator[list[Fate]]:
        settings = [{"kind": step.kind, **step.non_defaults()} for step in steps]
        head = {
            "steps": settings,
            "seed": self._means.seed,
            "key": self._means.key.hex(),
            "official": official,
        }
        requests = (
            encode_line({**head, "rows": [row.to_json() for row in rows]}) for rows in chunks
        )
        number = 0
        try:
            for answer in others.answers(requests):
                value = decode_line(answer)
                if "error" in value:
                    raise error_from_json(value["error"])
                yield [from_json(fate) for fate in value["fates"]]
                number += 1
        except Lost as lost:
            start, size, examples = place
            rows = examples[start + number * size :][:size]
            what = (
                "a process that applied"
                f" {', '.join(step.kind for step in steps)} to these rows {lost}"
            )
            help = (
                "the same command goes on from the rows that are done; data.processes: 1 needs"
                " the least memory"
            )
            raise DataError(
                Problem("D067", what, f"{rows[0].source} to {rows[-1].source}", help)
            ) from lost


def _nothing(fates: Sequence[Fate]) -> None:
    """Where nothing is kept."""


def _from(start: int, fates: Iterable[Fate]) -> Iterator[Fate]:
    return (fate._replace(at=fate.at + start) for fate in fates)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Told:
    """How far a pass is, as progress events: none for one that is over at once."""

    def __init__(self, name: str, done: int, total: int, tell: Tell):
        self._name, self._total, self._tell = name, total, tell
        self._last, self._said = time.monotonic(), False
        if done:
            self._say(done)

    def each(self, results: Iterable[Fate | None]) -> Iterator[Fate | None]:
        iterator, done = iter(results), 0
        while part := list(islice(iterator, 1000)):
            yield from part
            done += len(part)
            self.advance(done)

    def advance(self, done: int) -> None:
        if time.monotonic() - self._last >= TELL_EVERY or (self._said and done == self._total):
            self._say(done)

    def _say(self, done: int) -> None:
        self._last, self._said = time.monotonic(), True
        event = {
            "event": "progress",
            "stage": "curate",
            "done": done,
            "total": self._total,
            "unit": "row",
        }
        self._tell({**event, "values": {"step": self._name}})
