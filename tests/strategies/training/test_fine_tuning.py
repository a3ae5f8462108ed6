"""A tuned arm comes back without rows; a training that goes on from an earlier arm's weights begins
where that one ended."""

from dataclasses import replace

import pytest

from assay.strategies.training.full import Full
from assay.strategies.training.ia3 import Ia3
from assay.strategies.training.lora import Lora


@pytest.mark.slow
@pytest.mark.parametrize(
    "strategy", [Lora(rank=4, epochs=3, val_rows=4), Full(epochs=3, learning_rate=3e-4, val_rows=4)]
)
def test_it_begins_with_the_loss_that_the_first_one_reached(lesson, tmp_path, strategy):
    given = lesson("classify")
    first = strategy.fit(given)
    first.save(tmp_path)
    losses = {point["step"]: point["val_loss"] for point in first.curve}
    reached = losses[first.best_step] if first.best_step else first.curve[-1]["val_loss"]
    assert strategy.continues and reached < 0.9 * first.start_loss
    work = tmp_path / "second"
    work.mkdir()
    second = strategy.fit(replace(given, start=tmp_path, means=replace(given.means, workdir=work)))
    # The same weights on the same val rows, computed in other batches.
    assert second.start_loss == pytest.approx(reached, rel=1e-3)


def test_one_that_moves_the_base_does_not_go_on():
    assert not Lora(initialise="pissa").continues
    assert not Full(layers=1, by="gradient").continues


def test_an_arm_is_restored_without_rows_and_asked_as_it_was(lesson, tmp_path):
    strategy, given = Ia3(epochs=1, batch_size=18, val_rows=2), lesson("answer")
    arm = strategy.fit(given)
    arm.save(tmp_path)
    again = strategy.restore(tmp_path, replace(given, train=(), val=()))
    questions = [row.question for row in given.val]
    assert [one.raw for one in again.answer(questions)] == [
        one.raw for one in arm.answer(questions)
    ]
    assert (again.room, again.curve, again.fit) == (arm.room, arm.curve, arm.fit)
    assert not any(weight.requires_grad for weight in again.model.network.parameters())
