"""A training at step 312 of 600, a second a step, as the display of progress sees it."""

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


def training(**values) -> StageProgress:
    found = StageProgress("lora-r8", 0.0)
    for done in range(299, 313):
        found.advance({"done": done, "total": 600, "unit": "step", "values": values}, float(done))
    return found
