"""Estimates of numbers from features of a text: what is chosen, and how an answer is written."""

import math
from functools import partial

import numpy as np
import pytest

from assay.core.store import read_json
from assay.core.types import Example, Lesson, Means, Message, Task
from assay.runtime.arms.task_score import task_score
from assay.strategies.baselines.probe import Probe
from assay.strategies.linear.linear_numbers import NumberRange, transform_targets
from helpers.letters import letters

TASK = Task(kind="number", metric="r2")


def test_answers_stay_within_train_and_are_written_as_numbers():
    assert NumberRange(False, True, 3, 40).answer(7.6).text == "8"
    assert NumberRange(False, True, 3, 40).answer(-7.0).text == "3"
    assert NumberRange(True, False, 0.5, 1e6).answer(math.log(1234.5678)).text == "1234.57"
    assert NumberRange(True, False, 0.5, 1e6).answer(1e9).text == "1e+06"
    assert transform_targets([1.0, math.e], True) == [0.0, 1.0]


def rows(many: int, seed: int) -> tuple[Example, ...]:
    """A price that each word multiplies; where it is, is said in words of which train has a half
    spelled otherwise."""
    draw, made = np.random.default_rng(seed), []
    worth = {"tiny": 0.5, "small": 0.8, "large": 1.5, "huge": 3.0}
    places = {"centre": 900, "center": 900, "village": 200, "villages": 200}
    for i in range(many):
        size, place = draw.choice(list(worth)), draw.choice(list(places))
        text = f"a {size} house in the {place} {draw.integers(1000)}"
        price = f"{places[place] * worth[size]:.0f}"
        made.append(Example(f"{i}", (Message("user", text),), price))
    return tuple(made)


@pytest.mark.slow
def test_a_probe_estimates_numbers_and_comes_back_from_its_files(tmp_path):
    lesson = Lesson(
        TASK, rows(120, 1), means=Means(seed=3, embed=letters), judge=partial(task_score, task=TASK)
    )
    arm, test = Probe().fit(lesson), rows(60, 2)
    assert task_score(test, arm.answer(test), TASK) > 0.9
    arm.save(tmp_path)
    assert Probe().restore(tmp_path, lesson).answer(test) == arm.answer(test)
    (note,) = read_json(tmp_path / "note.json")["notes"]
    assert "of the logarithm" in note  # what words multiply adds up there
    assert "Vectors weigh" in note
    assert arm.answer([]) == []
