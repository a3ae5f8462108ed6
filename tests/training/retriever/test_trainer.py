"""What the training of encoders keeps in its states."""

import pytest
import torch

from assay.core.errors import TrainError
from assay.core.store import read_json
from assay.training import checkpoint
from assay.training.optim.master_weights import Masters
from assay.training.retriever.trainer import Course, CourseProgress
from assay.training.run_states import States


class Settings:
    learning_rate, warmup, weight_decay, clip, patience = 0.1, 0.0, 0.0, 1.0, 2


def course(folder, network, begun, **more):
    def begin(epoch, before):
        begun.append((epoch, before))
        return [epoch]

    def step(epoch, within, remembered):
        assert remembered == [epoch]
        loss = network(torch.ones(1, 2)).sum()
        loss.backward()
        return float(loss.detach())

    given = {"look": None, "tell": lambda event: None, "save_every": 0.0, **more}
    return Course(network, Settings(), 0, [2, 2], begin, step, workdir=folder, **given)


def test_each_epoch_is_begun_with_what_the_one_before_gave(tmp_path):
    begun = []
    went = course(tmp_path, torch.nn.Linear(2, 1), begun).run()
    assert begun == [(0, None), (1, [0])]
    assert (went.step, went.ended) == (4, "all epochs done")
    (place, *_) = sorted(tmp_path.glob("state-*"))
    assert read_json(place / "state.json")["progress"]["remembered"] is not None


def test_a_state_of_the_first_release_is_gone_on_with(tmp_path):
    network = torch.nn.Linear(2, 1)
    masters = Masters(network.named_parameters())
    optimiser = torch.optim.AdamW([{"params": [w]} for w in network.parameters()])
    went = {"step": 1, "loss": 0.5, "remembered": [0], "curve": [], "waits": 0, "ended": ""}
    note = {"went": {**went, "best_score": None, "best_step": 0}}
    checkpoint.save(tmp_path, 1, masters.copies, optimiser, {}, note)
    run = States(tmp_path, 0.1, kind=CourseProgress).resume(masters, optimiser)
    assert isinstance(run.progress, CourseProgress)
    assert (run.progress.step, run.progress.remembered) == (1, [0])


def test_a_loss_that_is_no_number_stops_the_training(tmp_path):
    network = torch.nn.Linear(2, 1)
    stopped = Course(
        network,
        Settings(),
        0,
        [1],
        lambda *_: None,
        lambda *_: float("nan"),
        None,
        tmp_path,
        print,
    )
    with pytest.raises(TrainError, match="T001"):
        stopped.run()
