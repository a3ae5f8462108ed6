"""The loop of the retrievers."""

import pytest
import torch

from assay.core.errors import TrainError
from assay.training.retriever.encoder import TunedEncoder
from assay.training.retriever.trainer import Course, rate


def test_the_rate_rises_then_falls_to_a_tenth():
    rates = [rate(step, 100, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (i + 1) for i in range(10)])
    assert (
        rates[10] == 1.0
        and rates[-1] == pytest.approx(0.1, abs=0.01)
        and rates[10:] == sorted(rates[10:])[::-1]
    )
    assert rate(0, 1, 0.0) == 1.0


def test_a_loss_that_is_no_number_stops_the_training(lesson):
    network = torch.nn.Linear(2, 1)
    course = Course(
        network,
        TunedEncoder(),
        0,
        [1],
        lambda *_: None,
        lambda *_: float("nan"),
        None,
        lesson.workdir,
        print,
    )
    with pytest.raises(TrainError, match="T001"):
        course.run()


@pytest.mark.parametrize("warmup", [0.0, 0.5])
def test_no_step_stands_still_and_none_is_faster_than_the_setting(warmup):
    rates = [rate(step, 7, warmup) for step in range(7)]
    assert all(0 < each <= 1 for each in rates) and max(rates) == 1
