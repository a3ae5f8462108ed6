"""What the process of a tracker sends: what its run tells, and what the strategies that the run
goes on with had told before."""

import pytest

from assay.runtime.events.log import NAME
from assay.runtime.events.trackers import tracker_folder
from helpers.tracker_events import ARM, DONE, log_all, send, step

pytest.importorskip("tensorboard")


def test_a_tracker_named_later_gets_what_the_strategy_has_told_before(work):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tell = log_all(work)
    for event in ({**ARM, "stage": "other"}, ARM, step(1, train=4.0)):
        tell(event)
    begun = (work / NAME).stat().st_size
    for event in (ARM, step(2, train=3.0), DONE):
        tell(event)
    send(work, "tensorboard", begun)
    place = tracker_folder(work, "tensorboard")
    # What this run does not go on with is left to `assay report --to`.
    assert [one.name for one in place.iterdir()] == ["lora-abcdef"]
    found = EventAccumulator(str(place / "lora-abcdef"))
    found.Reload()
    assert [(e.step, e.value) for e in found.Scalars("train/loss")] == [(1, 4.0), (2, 3.0)]


def test_a_run_that_ends_in_the_middle_is_interrupted(work):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tell = log_all(work)
    for event in (ARM, step(1, train=4.0)):
        tell(event)
    send(work, "tensorboard")
    found = EventAccumulator(str(tracker_folder(work, "tensorboard") / "lora-abcdef"))
    found.Reload()
    (state,) = found.Tensors("state")
    assert state.tensor_proto.string_val == [b"interrupted"]
