"""Runs of Weights & Biases', written on this machine; sent while they are made where WANDB_MODE is
`online`.

Read again   the files of earlier runs say what is there: W&B's service keeps points to itself until
             a block of 32 KB is full, so a kill may lose what was given to it
Watch out    a resumed run is another folder with the same id; `wandb sync` makes one run
             of both
Source       the files are LevelDB's log format, github.com/google/leveldb, doc/log_format.md, each
             record a message of W&B's own
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from assay.runtime.events.tracked_runs import Known, Point, Tracked

BLOCK, HEAD = 32768, 7  # bytes of a block; of the file's head, and of that of each piece
WHOLE = (1, 4)  # kinds of a piece that a record ends with


class WandbTracker:
    def __init__(self, project: str, place: Path):
        import wandb

        self.init, self.settings = wandb.init, wandb.Settings
        self.mode: Any = os.environ.get("WANDB_MODE", "offline")
        self.project, self.place = project, place
        self.runs: dict[str, Any] = {}
        self.show = f"wandb sync {place}/wandb/offline-run-*"

    def begin(self, run: Tracked) -> Known:
        id = run.folder.replace("/", "-")
        known = self._known(id)
        self.runs[run.id] = self.init(
            project=self.project,
            name=run.name,
            id=id,
            resume="allow" if known or self.mode == "online" else None,
            group=run.parent.folder if run.parent else None,
            job_type=run.part.partition(" ")[0] or None,
            dir=str(self.place),
            mode=self.mode,
            config=run.settings,
            # Anew for each run, which writes its group into them.
            settings=self.settings(console="off", silent=True, x_disable_stats=True),
            reinit="create_new",  # a strategy and its trial are open together
        )
        return known

    def _known(self, id: str) -> Known:
        """What the files of a run have; those that a kill has left empty go."""
        known: Known = {}
        for file in sorted((self.place / "wandb").glob(f"*run-*/run-{id}.wandb")):
            rows = list(history_rows(file))
            if not rows:
                shutil.rmtree(file.parent)
            for row in rows:
                known |= {name: (row["_step"], value) for name, value in row.items()}
        return known

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        for step, _, values in points:
            self.runs[run.id].log(values, step=step)

    def end(self, run: Tracked) -> None:
        own = self.runs.pop(run.id)
        own.summary.update({**run.final, "state": run.state})
        own.finish(exit_code=1 if run.state in ("failed", "interrupted") else 0)


def history_rows(file: Path) -> Iterator[dict[str, Any]]:
    """The points of a file of W&B's, with `_step`."""
    for record in read_records(file):
        if record.WhichOneof("record_type") == "history":
            yield {
                one.key or ".".join(one.nested_key): json.loads(one.value_json)
                for one in record.history.item
            }


def read_records(file: Path) -> Iterator[Any]:
    """The records of a file of W&B's, as far as it was written: pieces in blocks, none of them
    over the end of one, with checksum, length and kind before each."""
    from wandb.proto.wandb_internal_pb2 import Record  # pyrefly: ignore[missing-module-attribute]

    data, at, whole = file.read_bytes(), HEAD, b""
    while at + HEAD <= len(data):
        if (left := BLOCK - at % BLOCK) < HEAD:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEAD])
        end = at + HEAD + length
        if not kind or end > len(data):
            return
        whole += data[at + HEAD : end]
        at = end
        if kind in WHOLE:
            record = Record()
            record.ParseFromString(whole)
            yield record
            whole = b""
