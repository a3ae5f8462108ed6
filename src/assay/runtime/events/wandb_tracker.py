"""Runs of Weights & Biases', written on this machine; sent while they are made where WANDB_MODE is
`online`.

Read again   offline files say little to who resumes: `sent.json` beside them has what was written
Watch out    a resumed run is another folder with the same id; `wandb sync` makes one run of both
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.core.store import read_json, write_json
from assay.runtime.events.tracked_runs import Known, Point, Tracked

SENT = "sent.json"


class WandbTracker:
    def __init__(self, project: str, place: Path):
        import wandb

        self.init, self.settings = wandb.init, wandb.Settings
        self.mode: Any = os.environ.get("WANDB_MODE", "offline")
        self.project, self.place = project, place
        self.runs: dict[str, Any] = {}
        file = place / SENT
        self.sent: dict[str, dict[str, Any]] = read_json(file) if file.exists() else {}
        self.show = f"wandb sync {place}/wandb/offline-run-*"

    def begin(self, run: Tracked) -> Known:
        known = self.sent.setdefault(run.id, {})
        self.runs[run.id] = self.init(
            project=self.project,
            name=run.name,
            id=run.folder.replace("/", "-"),
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
        return {name: (step, value) for name, (step, value) in known.items()}

    def log(self, run: Tracked, points: Iterable[Point]) -> None:
        points = list(points)
        known = self.sent[run.id]
        for step, _, values in points:
            known.update({name: [step, value] for name, value in values.items()})
        # First, so that a kill between the two leaves out points and doubles none.
        write_json(self.place / SENT, self.sent)
        for step, _, values in points:
            self.runs[run.id].log(values, step=step)

    def end(self, run: Tracked) -> None:
        own = self.runs.pop(run.id)
        own.summary.update({**run.final, "state": run.state})
        own.finish(exit_code=1 if run.state in ("failed", "interrupted") else 0)
