"""Runs as event files of TensorBoard's, a folder a run.

Read again   a folder that is there is gone on with: what its files have is not written twice
Watch out    written with TensorBoard's own writer, without torch: that takes seconds to load
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.runtime.events.tracked_runs import Known, Point, Tracked


class TensorboardTracker:
    def __init__(self, project: str, place: Path):
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.open = EventFileWriter
        self.place = place
        self.writers: dict[str, Any] = {}
        self.show = f"tensorboard --logdir {place}"

    def begin(self, run: Tracked) -> Known:
        folder = self.place / run.folder
        known = _known(folder)
        self.writers[run.id] = self.open(str(folder))
        if not known and run.settings:
            self._add_settings(run)
        return known

    def _add_settings(self, run: Tracked) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.plugins.text.summary_v2 import text_pb

        if run.parent is not None:  # trials, beside one another under HPARAMS
            self._write(run, 0, run.begun, hparams_pb(run.settings))
        text = "\n".join(f"    {name}: {value}" for name, value in run.settings.items())
        self._write(run, 0, run.begun, text_pb("settings", text))

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        from tensorboard.compat.proto import summary_pb2
        from tensorboard.plugins.text.summary_v2 import text_pb

        make: Any = getattr(summary_pb2, "Summary")  # noqa: B009 (protobuf makes it)
        for step, seconds, values in points:
            numbers = []
            for name, value in values.items():
                if isinstance(value, str):
                    self._write(run, step, seconds, text_pb(name, value))
                else:
                    numbers.append(make.Value(tag=name, simple_value=value))
            self._write(run, step, seconds, make(value=numbers))
        self.writers[run.id].flush()

    def end(self, run: Tracked) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        step, _ = run.last()
        self._write(run, step, run.ended or run.last()[1], text_pb("state", run.state))
        self.writers.pop(run.id).close()

    def _write(self, run: Tracked, step: int, seconds: float, summary: Any) -> None:
        from tensorboard.compat.proto import event_pb2

        make: Any = getattr(event_pb2, "Event")  # noqa: B009 (protobuf makes it)
        self.writers[run.id].add_event(make(wall_time=seconds, step=step, summary=summary))


def _known(folder: Path) -> Known:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    if not folder.is_dir():
        return {}
    # 0: all of them
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    names: Any = found.Tags()["scalars"]
    last = {name: found.Scalars(name)[-1] for name in names}
    return {name: (one.step, one.value) for name, one in last.items()}
