"""How the learning rate goes over a run: a linear rise, then one of five shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.training.settings import Trained

FLOOR = 0.1  # of the highest rate, where the cosine ends
# share of all steps in which WSD decays: enough at every length that Hägele et al. (2024) tried
COOLING = 0.2
DROP = 0.5  # factor of one drop of the plateau schedule


def cosine(step: int, steps: int, cooling: int) -> float:
    """Half a wave from 1 down to a tenth (Loshchilov and Hutter 2017, arxiv.org/abs/1608.03983; the
    tenth is that of Hoffmann et al. 2022, arxiv.org/abs/2203.15556)."""
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * step / steps)) / 2


def linear(step: int, steps: int, cooling: int) -> float:
    """From 1 down to 0 (Devlin et al. 2019, aclanthology.org/N19-1423)."""
    return 1 - step / steps


def constant(step: int, steps: int, cooling: int) -> float:
    """1; also `plateau`, whose drops `rate` multiplies in."""
    return 1.0


def wsd(step: int, steps: int, cooling: int) -> float:
    """Warm-up, stable, decay: 1, then down to 0 as 1 - sqrt(share) over the last fifth of all
    steps, the shape that Hägele et al. (2024), arxiv.org/abs/2405.18392, found best. MiniCPM (Hu et
    al. 2024, arxiv.org/abs/2404.06395), who named the schedule, halve the rate again and again over
    the last tenth instead."""
    left = steps - cooling
    return 1.0 if step < left else 1 - math.sqrt((step - left) / cooling)


# Each takes the step after the warm-up (from 0), the steps after the warm-up, and those of the
# decay.
SCHEDULES: dict[str, Callable[[int, int, int], float]] = {
    "cosine": cosine,
    "linear": linear,
    "constant": constant,
    "wsd": wsd,
    "plateau": constant,
}


def rate(step: int, steps: int, settings: Trained, drops: int = 0) -> float:
    """The factor on the learning rate in one step.

    Args:
        step: the optimiser step, from 0. steps: how many there are in all.
        settings: `schedule` names the shape, `warmup` is the share of all steps that it rises over.
        drops: how often val did not get better; read by `plateau` alone, which halves the rate for
            each.

    Returns:
        a factor in [0, 1].
    """
    factor = rise_and_fall(step, steps, settings.warmup, settings.schedule)
    return factor * DROP**drops if settings.schedule == "plateau" else factor


def rise_and_fall(step: int, steps: int, warmup: float, schedule: str = "cosine") -> float:
    """A rise over the share `warmup` of all steps, from 1/(steps of the rise) in step 0, since a
    step at rate 0 would be lost; then one of `SCHEDULES`."""
    rise = round(warmup * steps)
    if step < rise:
        return (step + 1) / rise
    after = max(1, steps - rise)
    return SCHEDULES[schedule](step - rise, after, min(round(COOLING * steps), after))
