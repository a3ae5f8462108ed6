"""Encoders that can learn, and lessons of their rows."""

import pytest

from assay.core.types import Lesson, Means
from assay.runtime.arms.task_score import task_score
from helpers.encoder_rows import FRAMES, MADE, TASKS, THINGS
from helpers.retriever_lesson import encoder as build


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def lesson(encoder, tmp_path):
    def make(kind="classify", *, name="work", folder=encoder, tell=lambda event: None):
        (tmp_path / name).mkdir(exist_ok=True)
        task, one = TASKS[kind], MADE[kind]
        rows = [one(frame, thing) for frame in FRAMES for thing in THINGS]
        means = Means(
            seed=3, workdir=tmp_path / name, tell=tell, encoder_folder=lambda name: folder
        )
        given = {"train": tuple(rows[:12]), "val": tuple(rows[12:])}
        return Lesson(
            task, **given, means=means, judge=lambda some, answers: task_score(some, answers, task)
        )

    return make


@pytest.fixture(scope="session")
def two_layers(tmp_path_factory):
    return build(tmp_path_factory.mktemp("two"), layers=2)
