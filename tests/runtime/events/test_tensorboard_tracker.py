"""TensorBoard's files have what the log has, each point once, whatever was interrupted."""

import pytest

from assay.cli.main import command
from assay.runtime.events.trackers import export, tracker_folder
from helpers.lines import named
from helpers.tracker_events import BEGUN, send_interrupted

pytest.importorskip("tensorboard")


def scalars(folder, name):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    return found.Scalars(name)


def test_tensorboard(project, capsys):
    assert command(["report", str(project), "--to", "tensorboard"]) == 0
    place = project / "work" / "trackers" / "tensorboard"
    assert named(capsys.readouterr().out, f"tensorboard --logdir {place}")
    for _ in range(2):  # made anew, not added to
        export(project, "tensorboard")
        losses = scalars(place / "lora-abcdef", "train/loss")
        assert [(e.step, e.value) for e in losses] == [(1, 2.0), (2, 1.25), (3, 1.0)]
        assert losses[0].wall_time == BEGUN.timestamp() + 3
        accuracy = scalars(place / "lora-abcdef", "test/accuracy")
        assert [e.value for e in accuracy] == [pytest.approx(0.7412)]


def test_a_run_that_goes_on_doubles_no_point(work):
    send_interrupted(work, "tensorboard")
    folder = tracker_folder(work, "tensorboard") / "lora-abcdef"
    losses = scalars(folder, "train/loss")
    assert [(e.step, e.value) for e in losses] == [(1, 4.0), (2, 3.0), (3, 2.0), (4, 1.0)]
    (accuracy,) = scalars(folder, "test/accuracy")
    assert (accuracy.step, accuracy.value) == (4, pytest.approx(0.7412))
