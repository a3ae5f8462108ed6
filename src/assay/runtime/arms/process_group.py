"""The processes that train an arm together: how they are started, how they meet, how they end.

How       Process 0 is the worker that was asked to fit the arm. Where the arm wants more, it starts
          them for that one training, with the arm's settings and rows in a folder, and ends them
          with it. They have no voice: they read the rows, compute their share of every step, tell
          nothing and save nothing.
Why not   torchrun between flow and the worker: it loses the exit code, prints forty lines for one
          failure, holds 230 MB and, when it is killed, leaves its processes behind (seen with torch
          2.13). `launcher.py` has the case that a worker was started by it all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from assay.core import store
from assay.core.errors import Problem, TrainError
from assay.core.processes import end_process, how_ended, start_process
from assay.core.types import Adapted, Example, Learner, Lesson
from assay.runtime.arms.launcher import GRACE, LOOK, Launch
from assay.runtime.data_stage.split_files import write_unwanted

LOST = "T050"


@contextmanager
def crew(
    strategy: Learner,
    lesson: Lesson,
    request: dict[str, Any],
    launch: Launch | None,
    fail: Callable[[TrainError], None],
    hold: Callable[[int], None],
) -> Generator[Lesson]:
    """Inside the block `strategy.fit` has the other processes that its settings ask for. Gives the
    lesson to fit on.

    Args:
        request: of the worker, which the others get with these settings and rows. launch: where a
            launcher has started all of them. fail: tells the error that ends this process. hold:
            hears how many bytes the others held.

    Raises:
        TrainError: T050, one of them has ended. T052, there are too few graphics cards.
    """
    from assay.training.settings import Trained

    size = strategy.processes if isinstance(strategy, Trained) else 1
    if size == 1:
        yield lesson
        return
    import torch

    folder = lesson.workdir / "team"
    _write(folder, request, strategy, lesson)
    wide = torch.get_num_threads()
    narrow = wide if launch else max(1, wide // size)  # a launcher has given each its own number

    def score(adapted: Adapted, rows: Sequence[Example]) -> float:
        torch.set_num_threads(wide)  # the others wait
        try:
            return lesson.score(adapted, rows)
        finally:
            torch.set_num_threads(narrow)

    torch.set_num_threads(narrow)
    try:
        with launch.lead(folder) if launch else _start_group(folder, size, fail, hold):
            yield replace(lesson, score=score)
    finally:
        torch.set_num_threads(wide)


def _write(folder: Path, request: dict[str, Any], strategy: Learner, lesson: Lesson) -> None:
    """What the others need to fit the same arm."""
    for split, rows in (("train", lesson.train), ("val", lesson.val)):
        store.write_lines(folder / f"{split}.jsonl", (example.to_json() for example in rows))
    store.write_lines(
        folder / "documents.jsonl", (document.to_json() for document in lesson.documents)
    )
    write_unwanted(folder, lesson.unwanted)
    asked = {
        "mode": "train",
        "strategy": {"kind": strategy.kind, **strategy.non_defaults()},
        "data": str(folder.absolute()),
    }
    store.write_json(folder / "request.json", {**request, **asked})


# --- process 0, which starts the others -----------------------------------------------------------


@contextmanager
def _start_group(
    folder: Path, size: int, fail: Callable[[TrainError], None], hold: Callable[[int], None]
) -> Generator[None]:
    from torch.distributed import FileStore

    from assay.training.distributed.process_group import meeting

    place = folder / "meeting"
    place.unlink(missing_ok=True)
    at_home()
    others = Others.start(folder, size)
    try:
        others.arrive(FileStore(str(place), size))
        with others.supervise(fail), meeting(FileStore(str(place), size), 0, size, 0):
            yield
        hold(others.peak_bytes())
    except TrainError as error:
        problem = others.find_lost(GRACE) if error.problems[0].code == LOST else None
        if problem is None:
            raise
        raise TrainError(problem) from error
    finally:
        others.end()


def at_home() -> None:
    """Connections between processes of one machine stay on it, whatever its name resolves to."""
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")


@dataclass
class Others:
    """Processes 1, 2, ... with what each has said on its stdout."""

    processes: list[subprocess.Popen[bytes]]
    said: list[IO[bytes]] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path, size: int) -> Others:
        import torch

        others = cls([])
        for rank in range(1, size):
            environment = {
                **os.environ,
                "OMP_NUM_THREADS": str(torch.get_num_threads()),
                "ASSAY_RANK": str(rank),
                "ASSAY_SIZE": str(size),
            }
            said = tempfile.TemporaryFile()  # noqa: SIM115  (`end` closes it)
            others.said.append(said)
            others.processes.append(
                start_process(
                    "assay.worker",
                    folder,
                    environment=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                )
            )
        return others

    def arrive(self, meeting: Any) -> None:
        """Wait until each has said that it is there. torch's own wait would not notice that one has
        ended."""
        names = [f"here-{rank}" for rank in range(1, len(self.processes) + 1)]
        while not meeting.check(names):
            if (problem := self.find_lost(0.0)) is not None:
                raise TrainError(problem)
            time.sleep(LOOK)

    @contextmanager
    def supervise(self, fail: Callable[[TrainError], None]) -> Generator[None]:
        """One that ends too early breaks a connection, and the sum that is waited for fails. Where
        none is waited for (val is asked) or none fails (on graphics cards), the whole worker ends
        after a moment, and `fail` says why."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK):
                problem = self.find_lost(0.0)
                if problem is not None and not over.wait(GRACE):
                    fail(TrainError(self.find_lost(0.0) or problem))
                    os._exit(TrainError.exit_code)

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def find_lost(self, seconds: float) -> Problem | None:
        """Which process has ended too early and how; the first to go where one drew others with
        it."""
        until = time.monotonic() + seconds
        while not (ended := [i for i, process in enumerate(self.processes) if process.poll()]):
            if time.monotonic() >= until:
                return None
            time.sleep(LOOK)
        reasons = {i: self._reason(i) for i in ended}
        first = min(ended, key=lambda i: LOST in reasons[i])
        text = (
            f"process {first + 1} (of {len(self.processes) + 1}, numbered from 0) {reasons[first]}"
        )
        return Problem(LOST, text, help="the same command continues from the last saved state")

    def _reason(self, index: int) -> str:
        code = self.processes[index].returncode
        for event in self._events(index):
            if event["event"] == "error":
                return "ended: " + " ".join(f"{c} {t}" for c, t, *_ in event["problems"])
        return how_ended(code) + ("; see worker.log" if code > 0 else "")

    def _events(self, index: int) -> list[dict[str, Any]]:
        self.said[index].seek(0)
        return [
            json.loads(line)
            for line in self.said[index].read().splitlines()
            if line.startswith(b"{")
        ]

    def peak_bytes(self) -> int:
        """Peak memory of those that have ended in time and said it."""
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        events = [event for i in range(len(self.processes)) for event in self._events(i)]
        return sum(event["bytes"] for event in events if event["event"] == "peak")

    def end(self) -> None:
        for process, said in zip(self.processes, self.said, strict=True):
            end_process(process)
            said.close()
