"""Through the whole loop, on the tiny model: every optimiser, schedule and adaptive rate learns."""

from dataclasses import replace

import pytest

from assay.strategies.training.lora import Lora
from helpers.nights import nightly_but

# Each at a rate that is its own: about three times AdamW's for LAMB, a third for Lion, thirty times
# for SGD.
RATES = {
    "adamw": 1e-2,
    "adamw-8bit": 1e-2,
    "adafactor": 1e-2,
    "lamb": 3e-2,
    "lion": 3e-3,
    "sgd": 0.3,
}
CASES = [
    *({"optimiser": name, "learning_rate": rate} for name, rate in RATES.items()),
    *(
        {"schedule": name, "learning_rate": 1e-2}
        for name in ("linear", "constant", "wsd", "plateau")
    ),
    {"layer_decay": 0.5, "learning_rate": 1e-2},
    {"unfreeze": "gradually", "learning_rate": 1e-2},
    {"noise": 5.0, "learning_rate": 1e-2},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", nightly_but(CASES[::3], CASES), ids=lambda case: "-".join(str(v) for v in case.values())
)
def test_the_loss_falls(case, lesson, one_thread):
    if case.get("optimiser") == "adamw-8bit":
        pytest.importorskip("bitsandbytes")
    given = lesson("classify")
    # it alone looks at val
    given = replace(given, val=given.val[:3] if case.get("schedule") == "plateau" else ())
    arm = Lora(rank=4, epochs=3, batch_size=6, patience=9, **case).fit(given)
    losses = [point["train_loss"] for point in arm.curve if "train_loss" in point]
    assert losses[-1] < 0.8 * losses[0]
