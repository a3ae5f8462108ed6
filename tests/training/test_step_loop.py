"""The order of a training: epochs, looks at val, states, and what stops it."""

import pytest
import torch

from assay.core.errors import Stopped, TrainError
from assay.training.optim.master_weights import Masters
from assay.training.progress import StepStatistics
from assay.training.run_states import States
from assay.training.step_loop import StepLoop


def loop(folder, epochs=(2, 0, 3), tell=lambda event: None, **changes):
    """A weight that falls by a tenth of itself in each step; what is done stands in `loop.log`."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.ones(2))
    masters = Masters({"weight": weight}.items())
    states = States(folder, 0.1)
    run = states.resume(masters, torch.optim.SGD([weight], lr=0.1))
    log = []

    def step(epoch, within):
        log.append(("step", epoch, within))
        weight.grad = weight.detach().clone()
        run.update(0.1)
        run.clear()
        return StepStatistics(float(weight.detach()[0]))

    given = {
        "begin": lambda epoch, within: log.append(("begin", epoch, within)),
        "step": step,
        "points": {2, 5},
        "look": lambda: log.append(("look", run.progress.step)),
        "values": lambda taken, seconds: {"train": taken.loss, "score": None},
        "tell": tell,
    }
    made = StepLoop(run, states, list(epochs), **{**given, **changes})
    made.log = log
    return made


def stopping(step):
    def tell(event):
        if event["done"] == step:
            raise Stopped(15)

    return tell


def test_epochs_begin_once_and_val_is_looked_at_where_it_is_asked(tmp_path):
    made = loop(tmp_path)
    made.go()
    assert made.log == [
        ("begin", 0, 0), ("step", 0, 0), ("step", 0, 1), ("look", 2),
        ("begin", 2, 0), ("step", 2, 0), ("step", 2, 1), ("step", 2, 2), ("look", 5),
    ]  # fmt: skip
    assert float(made.run.masters.weights["weight"].detach()[0]) == pytest.approx(0.9**5)
    assert not list(tmp_path.iterdir()), "no state of a run that is over before the first is due"


def test_what_is_told_of_a_step(tmp_path):
    told = []
    loop(tmp_path, epochs=[1], tell=told.append).go()
    (event,) = told
    assert event["values"] == {"train": pytest.approx(0.9)}, "what is not known is left out"
    assert (event["event"], event["done"], event["total"]) == ("progress", 1, 1)


@pytest.mark.parametrize("step", [1, 2, 4, 5])
def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path, step):
    with pytest.raises(Stopped):
        loop(tmp_path, tell=stopping(step)).go()
    again = loop(tmp_path)
    assert again.run.progress.step == step
    again.go()
    assert sum(name == "step" for name, *_ in again.log) == 5 - step
    weight = again.run.masters.weights["weight"].detach()
    assert float(weight[0]) == pytest.approx(0.9**5)


def test_an_epoch_that_is_gone_on_with_says_where(tmp_path):
    with pytest.raises(Stopped):
        loop(tmp_path, tell=stopping(3)).go()
    again = loop(tmp_path)
    again.go()
    assert again.log[0] == ("begin", 2, 1)


def test_nothing_better_on_val_ends_the_run(tmp_path):
    made = loop(tmp_path, points={1, 2, 3, 4, 5})
    scores = iter([0.5, 0.7, 0.7, 0.1, 0.9])
    made.look = lambda: made.run.watch(next(scores), patience=2, unit="looks")
    made.go()
    assert made.run.progress.ended == "no better val score in 2 looks"
    assert (made.run.progress.step, made.run.progress.best_step) == (4, 2)
    assert float(made.run.best["weight"][0]) == pytest.approx(0.9**2)


def test_scores_less_than_one_val_row_from_the_highest_are_as_good_and_the_loss_decides(tmp_path):
    run = loop(tmp_path).run
    looks = [(0.5, 1.0), (0.75, 0.9), (0.7, 0.4), (0.6, 0.1), (0.81, 0.5), (0.95, 0.8), (0.95, 0.7)]
    kept = []
    for step, (score, loss) in enumerate(looks, start=1):
        run.progress.step = step
        run.watch(score, loss, row=0.1, patience=9, unit="looks")
        kept.append(run.progress.best_step)
    # The fourth is too low for all its loss; the fifth is higher, and the third within a tenth of
    # it is not; the sixth leaves both behind.
    assert kept == [1, 2, 3, 3, 5, 6, 7]
    assert (run.progress.best_score, run.progress.top_score) == (0.95, 0.95)


def test_a_score_that_is_a_whole_val_row_higher_is_better_whatever_the_loss(tmp_path):
    run = loop(tmp_path).run
    for step, (score, loss) in enumerate([(8 / 12, 0.1), (9 / 12, 0.9), (8 / 12, 0.05)], start=1):
        run.progress.step = step
        run.watch(score, loss, row=1 / 12, patience=9, unit="looks")
    assert run.progress.best_step == 2


def test_a_higher_score_is_waited_on_though_another_is_kept(tmp_path):
    run = loop(tmp_path).run
    for step, (score, loss) in enumerate([(0.5, 0.1), (0.55, 0.2), (0.58, 0.3)], start=1):
        run.progress.step = step
        run.watch(score, loss, row=0.1, patience=1, unit="looks")
    assert (run.progress.best_step, run.progress.ended) == (1, "")


def test_of_equal_scores_the_lower_loss_is_better(tmp_path):
    run = loop(tmp_path).run
    for step, loss in enumerate((2.0, 1.5, 1.6), start=1):
        run.progress.step = step
        run.watch(0.0, loss, patience=9, unit="looks")
    assert (run.progress.best_step, run.progress.waits) == (2, 1)


def test_a_state_that_could_not_be_continued_is_not_written(tmp_path):
    made = loop(tmp_path, tell=stopping(1))
    made.run.masters.weights["weight"].data.fill_(float("inf"))
    with pytest.raises(TrainError, match="T001"):
        made.go()
