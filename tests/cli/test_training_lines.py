"""The lines of a training: losses, rate, speed, memory and how it goes, from the events that the
loop tells."""

import io

from assay.cli.display import Display
from assay.runtime.events.progress_rate import StageProgress

VALUES = {
    "train": 0.6123,
    "val": 0.7014,
    "score": 0.83,
    "lr": 1.7e-4,
    "norm": 0.913,
    "tok/s": 512,
    "computed tok/s": 340,
    "memory": int(2.34 * 2**30),
    "fit": "overfitting since 280",
}


def stage(**values) -> StageProgress:
    found = StageProgress("lora-r8", 0.0)
    for done in range(299, 313):
        found.advance({"done": done, "total": 600, "unit": "step", "values": values}, float(done))
    return found


def test_the_block_of_a_training():
    shown = Display("live", io.StringIO(), clock=lambda: 312.0, width=80)
    shown.stages["lora-r8"] = stage(**VALUES)
    lines = shown._block().plain.splitlines()
    assert lines[0].startswith(" ▸ lora-r8       step 312/600  ██████████")
    assert lines[1:] == [
        "     train 0.612   val 0.701   score 0.830   lr 1.7e-4   512 tok/s   2.3 GB",
        "     fit: overfitting since 280",
    ]
    assert all(len(line) <= 80 for line in lines)


def test_the_plain_line_of_a_training():
    text = stage(**VALUES).line()
    assert text == (
        "lora-r8 312/600 52% train=0.612 val=0.701"
        " score=0.830 lr=1.7e-4 tok/s=512 left=288-288s rss=2.3G fit=overfitting-since-280"
    )


def test_before_the_first_evaluation_there_is_no_val_and_no_fit():
    early = stage(train=0.6, **{"tok/s": 512, "memory": 2**30})
    assert early.values_shown() == "train 0.600   512 tok/s   1.0 GB"
    assert early.fit_shown() == "" and early.line().endswith("rss=1.0G")
