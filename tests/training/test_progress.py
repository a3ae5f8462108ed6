import json
from dataclasses import asdict

import pytest

from assay.training.progress import Progress, StepStatistics


def test_progress_comes_back_from_the_json_of_a_state():
    went = Progress(step=7, best_score=0.25, best_step=3, start_loss=1.0986122886681098, halved=1)
    went.curve.append({"step": 3, "train_loss": 0.5})
    assert Progress(**json.loads(json.dumps(vars(went)))) == went


def test_two_runs_do_not_share_a_curve():
    first, second = Progress(), Progress()
    first.curve.append({"step": 1})
    assert second.curve == []


def test_the_losses_of_many_steps_are_means_of_a_few_each():
    went = Progress()
    for step in range(1, 1001):
        went.step = step
        went.add_loss(float(step), total=1000)
    steps, losses = zip(*went.loss_by_step, strict=True)
    assert steps[:2] == (3, 6) and steps[-1] == 1000 and len(steps) == 334
    assert losses[:2] == (2.0, 5.0) and losses[-1] == 1000.0
    few = Progress()
    for few.step in (1, 2):
        few.add_loss(0.5, total=2)
    assert few.loss_by_step == [(1, 0.5), (2, 0.5)]


def test_before_the_first_evaluation_nothing_is_the_best():
    # 0 would be a score: a run whose every score is below it would keep nothing.
    assert Progress().best_score is Progress().start_loss is Progress().lowest_loss is None


def test_what_a_step_was_like_is_not_changed_afterwards():
    step = StepStatistics(0.5, 12.0, 40.0, 64.0, 1.0, 1e-3)
    assert json.loads(json.dumps(asdict(step)))["cells"] == 64.0
    with pytest.raises(AttributeError):
        step.loss = 0.0
