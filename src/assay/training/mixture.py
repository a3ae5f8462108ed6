"""How much of each task is learnt where several are learnt together.

size         every row once: a task counts by its rows
temperature  task t has the share n_t^(1/T) of all rows, in all as many as there are: 1 is size, the
             higher T the more alike. Raffel et al. (2020), T5, arxiv.org/abs/1910.10683, section
             3.5.2
weights      shares that are given
How          rows of a task that is to count for more are repeated, each as often as the others or
             once more; of one that is to count for less, some are drawn
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from assay.core.sampling import random_stream
from assay.core.settings import Settings

LEAST = 0.05  # nats: a loss below counts as this, or a task learnt to perfection would be all


class Mix(Settings):
    VERSION: ClassVar[int] = 2  # uncertainty has a temperature

    by: Literal["size", "temperature", "weights"] = "size"
    temperature: float = Field(default=2.0, ge=1, le=1000)
    weights: tuple[float, ...] = ()  # of the project's own rows, then of each of `together`
    # uncertainty: a task whose loss is lower counts for more, see `training/objectives`
    balance: Literal["none", "uncertainty"] = "none"
    # its weights are softmax(1 / (temperature L)): at the default a task that is learnt to
    # perfection counts at most e times as much as one that is not learnt at all
    balance_temperature: float = Field(default=1 / LEAST, gt=0, le=1000)


def counts(sizes: Sequence[int], mix: Mix) -> list[int]:
    """Rows of each task, of so many that there are; each at least one, in all about the same."""
    if mix.by == "size":
        return list(sizes)
    given = mix.weights if mix.by == "weights" else [n ** (1 / mix.temperature) for n in sizes]
    total, parts = sum(sizes), sum(given)
    return [max(1, round(total * part / parts)) for part in given]


def draw(size: int, count: int, seed: int, name: str) -> list[int]:
    """Places of `count` rows among `size`, in order: each as often as the others or once more."""
    whole, rest = divmod(count, size)
    some = random_stream(seed, "mixture", name).sample(range(size), rest)
    return sorted([*(at for at in range(size) for _ in range(whole)), *some])
