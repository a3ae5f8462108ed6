"""How settings are searched: the section `search` of a project, and the key `search` of a
strategy."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assay.core.settings import Settings

Sampler = Literal["tpe", "random", "grid", "gp", "evolutionary", "pbt"]
Pruner = Literal["median", "asha", "hyperband", "none"]
MOST = 10_000  # trials
FEWEST_MEMBERS = 4  # of a population


class SearchSettings(Settings):
    """
    Attributes:
        sampler: what draws the next trial; `pbt`: all are trained side by side, and the worst take
            over the weights of the best.
        pruner: what ends a trial early that does not do as well as others did at its point.
        trials: how many; `auto` by the number of settings, see `trial_count`.
        minutes: no trial begins after so long.
        val_rows: rows of val that a trial is scored on, at most; drawn with the seed.
        points: of a grid, values of a range that cannot be counted.
    """

    sampler: Sampler = "tpe"
    pruner: Pruner = "median"
    trials: Annotated[int, Field(ge=2, le=MOST)] | Literal["auto"] = "auto"
    minutes: float | None = Field(default=None, gt=0)
    val_rows: int = Field(default=500, ge=10)
    points: int = Field(default=4, ge=2, le=100)

    @model_validator(mode="after")
    def _enough_members(self) -> Self:
        if self.sampler == "pbt" and self.trials != "auto" and self.trials < FEWEST_MEMBERS:
            raise ValueError(
                f"`sampler: pbt` needs `trials: {FEWEST_MEMBERS}` or more: a quarter of them takes"
                " over from another quarter"
            )
        return self
