"""When val is looked at, what the losses say in words, and what memory is in use. docs/watching.md
has the rules.

All of it depends on numbers of rows, steps and losses alone, never on the clock, so that a repeated
run decides alike.
"""

from __future__ import annotations

import math
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST = 20  # evaluations in a run
FEWEST = 5  # of them that are made whatever they take, one an epoch at most
SHARE = 0.2  # of the time that evaluations may take, about
GAP = 50  # steps at least between two evaluations of one epoch
# passes' worth of work a token: forward and backward; the val loss and the answers
LEARN, LOOK = 3, 2

UNMOVED = 1e-6  # a loss that stays this near to where it began has not moved
FELL = 0.05  # of the training loss, over the last third: less is flat
BELOW = 0.02  # of the loss before training: what flat training has not come below it by
WILD, WILD_BY = 3.0, 1.0  # times the loss before training, and nats above it: diverged
ERRORS = 2.0  # standard errors over the lowest val loss: risen


@dataclass(frozen=True)
class Points:
    """Evaluations of a run.

    Attributes:
        at: steps done when val is looked at. an_epoch: evaluations in one epoch, at least 1.
    """

    at: frozenset[int]
    an_epoch: int


def points(steps: int, epochs: int, tokens: int, held: int, most: int = MOST) -> Points:
    """After each epoch; several times in a long one; every so many epochs where val is dear.

    At most `most` in a run, and no more than take about `SHARE` of its time: a training token is
    three passes' worth of work, a val token two. `FEWEST` are made all the same where there are as
    many epochs. Inside an epoch they lie at least `GAP` steps apart. The last step is always one.

    Args:
        steps: in an epoch. tokens: of the training rows. held: tokens of the val rows; 0: they cost
            nothing.
    """
    allowed = most
    if held:
        allowed = min(allowed, int(SHARE / (1 - SHARE) * LEARN * tokens * epochs / (LOOK * held)))
    allowed = max(allowed, min(epochs, FEWEST, most))
    if allowed < 2 * epochs or steps < 2 * GAP:
        every = math.ceil(epochs / allowed)
        return Points(
            frozenset([*range(every * steps, epochs * steps, every * steps), epochs * steps]), 1
        )
    gap = math.ceil(steps / min(allowed // epochs, steps // GAP))
    inside = [*range(gap, steps, gap), steps]
    return Points(
        frozenset(epoch * steps + at for epoch in range(epochs) for at in inside), len(inside)
    )


@dataclass(frozen=True)
class FitVerdict:
    """How a training went: a word, and a sentence with what to change."""

    word: str
    text: str

    def to_json(self) -> dict[str, str]:
        return {"word": self.word, "text": self.text}


def fit_words(curve: Sequence[dict[str, Any]], start: float | None) -> FitVerdict:
    """The first rule that fits, from top to bottom: diverged, nothing learnt, overfitting since N,
    flat, learning.

    Args:
        curve: one point an evaluation: step, train_loss (mean since the one before), and where
            there are val rows val_loss and val_se, its standard error.
        start: the loss before the first step, on val where there is one.
    """
    if not curve:
        return FitVerdict("learning", "There was no evaluation yet.")
    train = [point["train_loss"] for point in curve]
    val = [point["val_loss"] for point in curve if point.get("val_loss") is not None]
    begun = train[0] if start is None else start
    return (
        _check_divergence(train, val, begun)
        or _nothing(train, val, begun)
        or _overfitting(curve)
        or _flat(curve, begun)
        or _learning(curve, begun)
    )


def _check_divergence(train: list[float], val: list[float], start: float) -> FitVerdict | None:
    way = "Lower learning_rate by a factor of 3 to 10, or raise warmup."
    if not all(math.isfinite(loss) for loss in (*train, *val, start)):
        return FitVerdict("diverged", f"The loss is no longer a number. {way}")
    if train[-1] > WILD * start and train[-1] > start + WILD_BY:
        return FitVerdict(
            "diverged",
            f"The training loss rose to {_n(train[-1])}, from {_n(start)} before training. {way}",
        )
    return None


def _nothing(train: list[float], val: list[float], start: float) -> FitVerdict | None:
    if any(abs(loss - start) > UNMOVED for loss in val or train):
        return None
    text = (
        f"The loss has stayed at {_n(start)} to a millionth. Raise learning_rate, and see what"
        " this method trains."
    )
    return FitVerdict("nothing learnt", text)


def _overfitting(curve: Sequence[dict[str, Any]]) -> FitVerdict | None:
    """Val has stood more than two standard errors over its lowest for 3 evaluations; for 2 in a run
    of fewer than 6."""
    seen = [point for point in curve if point.get("val_loss") is not None]
    if not seen:
        return None
    lowest = min(seen, key=lambda point: point["val_loss"])
    last = seen[-3 if len(seen) >= 6 else -2 :]
    least = lowest["val_loss"] + ERRORS * lowest.get("val_se", 0.0)
    if len(last) < 2 or any(p["step"] <= lowest["step"] or p["val_loss"] <= least for p in last):
        return None
    low, high = _n(lowest["val_loss"]), _n(seen[-1]["val_loss"])
    text = f"The val loss was lowest after step {lowest['step']} ({low}) and rose to {high}."
    return FitVerdict(
        f"overfitting since {lowest['step']}",
        f"{text} Fewer epochs, more rows, or dropout would help.",
    )


def _flat(curve: Sequence[dict[str, Any]], start: float) -> FitVerdict | None:
    train, last = [point["train_loss"] for point in curve], curve[-1]["step"]
    # Where the last third began: the last point before it, or the loss before training.
    before = [point["train_loss"] for point in curve if point["step"] <= last * 2 / 3]
    reference = before[-1] if before else start
    if train[-1] < (1 - FELL) * reference or train[-1] < (1 - BELOW) * start:
        return None
    text = (
        f"The training loss is {_n(train[-1])}, hardly below the {_n(start)} before training,"
        " and falls no more."
    )
    return FitVerdict("flat", f"{text} Raise learning_rate, or train more of the model.")


def _learning(curve: Sequence[dict[str, Any]], start: float) -> FitVerdict:
    seen = [point for point in curve if point.get("val_loss") is not None]
    if not seen:
        return FitVerdict(
            "learning", f"The training loss fell from {_n(start)} to {_n(curve[-1]['train_loss'])}."
        )
    lowest, last = min(seen, key=lambda point: point["val_loss"]), seen[-1]
    if lowest is last and (len(seen) < 2 or last["val_loss"] < (1 - FELL) * seen[-2]["val_loss"]):
        text = (
            f"The val loss was still falling at the end, to {_n(last['val_loss'])}. More epochs"
            " may help."
        )
    else:
        text = (
            f"The val loss was lowest after step {lowest['step']} ({_n(lowest['val_loss'])}) and"
            " has not risen much."
        )
    return FitVerdict("learning", text)


def _n(loss: float) -> str:
    return f"{loss:.3g}"


def resident() -> int:
    """Bytes of memory that this process holds now; the most it ever held where the system does not
    say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
            1 if sys.platform == "darwin" else 1024
        )
