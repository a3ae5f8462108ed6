"""Processes 1, 2, ... of a training: each computes its share of every step, tells nothing and saves
nothing."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

from assay.core import store
from assay.core.types import Learner, Lesson
from assay.runtime.arms.job import Job
from assay.runtime.arms.launcher import LOOK
from assay.runtime.arms.process_group import at_home


def follow(job: Job) -> None:
    """Fit the arm of `job` beside the process that started this one."""
    from torch.distributed import FileStore

    from assay.training.distributed.process_group import meeting

    rank, size = int(os.environ["ASSAY_RANK"]), int(os.environ["ASSAY_SIZE"])
    place = FileStore(str(job.folder / "meeting"), size)
    place.set(f"here-{rank}", "")
    at_home()
    with meeting(place, rank, size, rank):
        train_silently(job)


def train_silently(job: Job) -> None:
    """The fit of a process that tells nothing and takes an inner arm from process 0, which fits
    it."""

    def await_fit(strategy: Learner, lesson: Lesson) -> Any:
        stage = store.Stage(job.work, "fit", job.inner_key(strategy, lesson))
        while stage.completion_note() is None:
            time.sleep(LOOK)
        return strategy.restore(
            stage.folder / "arm", replace(lesson, train=(), val=(), documents=())
        )

    lesson = job.lesson()
    means = replace(lesson.means, workdir=job.folder.parent, tell=lambda event: None)
    job.strategy.fit(replace(lesson, means=means, fit=await_fit))
