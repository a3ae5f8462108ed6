"""The gradients of a step, micro-batch by micro-batch."""

import pytest
import torch

from assay.core.errors import ResourceError
from assay.training.gradients import Gradients
from assay.training.objectives.completion import completion
from assay.training.optim.master_weights import Masters
from assay.training.progress import Progress, Run
from helpers.lines import named
from helpers.problems import problem
from helpers.weights import weights

ALLOCATOR = (
    "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate"
    " memory: you tried to allocate 8000000000 bytes. Error code 12 (Cannot allocate memory)"
)
ERRORS = [
    RuntimeError(ALLOCATOR),
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
]
SETTINGS = {"batch_size": 12, "micro_tokens": 4096, "dropout": 0.0, "epochs": 2}


def failing(most, error, *, after=None):
    """The objective, which fails in training for batches of more than `most` rows: at once, or in
    the backward pass when the gradient of the weight `after` is there."""

    def objective(network, batch):
        loss = completion(network, batch)
        if network.training and len(batch.rows) > most:
            if after is None:
                raise error

            def fail(grad):
                hook.remove()
                raise error

            hook = after.register_hook(fail)
        return loss

    return objective


@pytest.mark.slow
def test_a_finished_micro_batch_is_not_counted_twice(build, tmp_path):
    # The second micro-batch fails once, when the first one's gradient is there.
    calls = []

    def objective(network, batch):
        calls.append(len(batch.rows))
        if len(calls) == 2:
            raise MemoryError
        return completion(network, batch)

    settings = {**SETTINGS, "micro_tokens": 130, "epochs": 1}
    found, progress = weights(
        build(tmp_path / "a", settings=settings, held=(), objective=objective)
    )
    expected, _ = weights(build(tmp_path / "b", settings=settings, held=()))
    assert progress.halved == 1
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, atol=1e-6, rtol=0)


@pytest.mark.parametrize("error", ERRORS, ids=["processor", "python", "card"])
def test_a_row_that_does_not_fit_alone_is_an_error_with_a_way_out(build, tmp_path, error):
    training = build(
        tmp_path, settings={**SETTINGS, "batch_size": 2}, held=(), objective=failing(0, error)
    )
    with pytest.raises(ResourceError) as caught:
        training.run()
    (told,) = caught.value.problems
    assert told.code == "R098" and named(told.text, "step 1")
    assert told.place in training.sources and "micro_tokens" in told.help


def test_two_halvings_are_the_most(build, tmp_path):
    training = build(tmp_path, settings=SETTINGS, held=(), objective=failing(2, MemoryError()))
    with problem(ResourceError, "R098", None, "step 1", "3 rows"):
        training.run()


def test_what_a_micro_batch_draws_depends_on_seed_step_and_its_first_row_alone(build, tmp_path):
    exercise = build(tmp_path)._exercise

    def drawn(seed, rows, step):
        Gradients(exercise, (), seed, lambda event: None).draw(rows, step)
        return float(torch.rand(1))

    first = drawn(3, [5, 1], 2)
    torch.manual_seed(99)  # what was computed before does not matter
    assert drawn(3, [5, 7, 9], 2) == first
    assert len({first, drawn(4, [5, 1], 2), drawn(3, [6, 1], 2), drawn(3, [5, 1], 3)}) == 4


def test_sums_count_loss_learnt_tokens_and_cells(build, tmp_path):
    training = build(tmp_path, settings={"dropout": 0.0, "trees": False})
    exercise = training._exercise
    masters = Masters(training.change.trained.items())
    run = Run(Progress(), masters, torch.optim.SGD(masters.copies.values(), lr=0.1), {})
    gradients = Gradients(exercise, training.sources, 3, lambda event: None)
    loss, learnt, tokens, cells = gradients.of([[0, 1], [2]], run)
    assert learnt == sum(len(exercise.sequences[row].targets) for row in range(3))
    assert tokens == exercise.tokens([0, 1, 2])
    assert cells == 2 * max(exercise.lengths[:2]) + exercise.lengths[2]
    whole = {name: copy.grad.clone() for name, copy in masters.copies.items()}
    run.clear()
    assert all(copy.grad is None for copy in masters.copies.values())
    # What is computed because others do counts for nothing.
    again = gradients.of([[0, 1, 2]], run, idle=[[3, 4]])
    assert again[:3] == pytest.approx([loss, learnt, tokens], rel=1e-5)
    for name, copy in masters.copies.items():
        torch.testing.assert_close(copy.grad, whole[name], atol=1e-5, rtol=1e-4)


def test_each_micro_batch_draws_for_itself(build, tmp_path):
    def drawn(folder, before):
        found = []

        def objective(network, batch):
            if network.training:
                found.append(float(torch.rand(1)))
            return completion(network, batch)

        settings = {**SETTINGS, "micro_tokens": 130}
        training = build(tmp_path / folder, settings=settings, held=(), objective=objective)
        torch.manual_seed(before)  # what is drawn by others is no part of it
        weights(training)
        return found

    first = drawn("a", 1)
    assert first == drawn("b", 2) and len(set(first)) == len(first) > 2
