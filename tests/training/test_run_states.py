"""A run's states: what was saved is what a run goes on from, `extra` and the best weights too."""

from dataclasses import replace

import torch

from assay.core.errors import TrainError
from assay.training.distributed.process_group import Team
from assay.training.optim.master_weights import Masters
from assay.training.run_states import States
from helpers.problems import problem


def made(folder, dtype=torch.bfloat16, **more):
    """(states, masters, an optimiser) of a change with one matrix and one tensor beside it."""
    torch.manual_seed(1)
    trained = {"w": torch.nn.Parameter(torch.randn(4, 3).to(dtype))}
    masters = Masters(trained.items())
    optimiser = torch.optim.AdamW(masters.copies.values(), lr=0.1)
    return States(folder, 0.1, extra={"mean": torch.zeros(2)}, **more), masters, optimiser


def step(run):
    for copy in run.masters.copies.values():
        copy.grad = torch.ones_like(copy)
    run.optimiser.step()
    run.progress.step += 1


def test_without_a_state_a_run_begins(tmp_path):
    states, masters, optimiser = made(tmp_path)
    run = states.resume(masters, optimiser)
    assert run.progress.step == 0 and run.best == {} and run.masters is masters


def test_a_run_goes_on_from_weights_moments_best_and_extra(tmp_path):
    states, masters, optimiser = made(tmp_path)
    run = states.resume(masters, optimiser)
    step(run)
    run.best = {name: copy.detach().clone() for name, copy in masters.copies.items()}
    run.progress.best_score = 0.5
    states.extra["mean"].fill_(0.25)
    step(run)
    states.save(run)
    saved = masters.copies["w"].detach().clone()
    step(run)

    again, fresh, other = made(tmp_path)
    resumed = again.resume(fresh, other)
    assert (resumed.progress.step, resumed.progress.best_score) == (2, 0.5)
    assert torch.equal(fresh.copies["w"], saved)
    # The network computes with what was put back, rounded to its own type.
    assert torch.equal(fresh.weights["w"], saved.bfloat16())
    assert torch.equal(resumed.best["w"], run.best["w"])
    assert again.extra["mean"].tolist() == [0.25, 0.25]
    step(resumed)
    assert torch.equal(fresh.copies["w"], masters.copies["w"])


def test_new_weights_make_the_network_ready_for_evaluation(tmp_path):
    warmed = []
    states, masters, _ = made(tmp_path, warmer=lambda: warmed.append(1))
    states.put(masters, {"w": torch.ones(4, 3)})
    assert warmed == [1] and torch.equal(masters.weights["w"], torch.ones(4, 3).bfloat16())


def test_a_weight_that_is_no_number_is_never_saved(tmp_path):
    states, masters, optimiser = made(tmp_path)
    run = states.resume(masters, optimiser)
    with torch.no_grad():
        masters.copies["w"][0, 0] = float("nan")
    with problem(TrainError, "T001", None, "w"):
        states.save(run)
    assert list(tmp_path.iterdir()) == []


def test_only_the_leader_writes(tmp_path):
    states, masters, optimiser = made(tmp_path)
    run = states.resume(masters, optimiser)
    replace(states, team=Team(rank=1, size=2)).save(run)
    assert list(tmp_path.iterdir()) == []
